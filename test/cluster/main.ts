// `npm run cluster -- up|down|status`: the test cluster for people. It stays up until it is taken down.
import { parseArgs } from 'node:util'
import { build } from './build/build.ts'
import { missing } from './build/prerequisites.ts'
import { startCluster, stopCluster } from './cluster.ts'
import { status } from './status.ts'
import { binary } from './build/places.ts'
import { openShop } from './shop/shop.ts'
import { startApiServer } from './api-server.ts'

const usage = `npm run cluster -- up [--with-shop]   starts a two-node Kubernetes cluster on this machine (root)
npm run cluster -- up --api-only      starts an API server alone, until Ctrl-C (no root)
npm run cluster -- status             what is up, and what it takes
npm run cluster -- down               takes it down; nothing of it is left
npm run cluster -- build              only builds the programs
`

const say = (line: string) => void process.stderr.write(`cluster: ${line}\n`)

function demand(extent: 'api' | 'cluster'): void {
  const problems = missing(extent)
  if (problems.length === 0) return
  for (const problem of problems) say(problem)
  process.exit(1)
}

const seconds = (ms: number) => `${((Date.now() - ms) / 1000).toFixed(1)} s`

async function up(withShop: boolean): Promise<void> {
  demand('cluster')
  await build('cluster', say)
  const started = Date.now()
  const cluster = await startCluster({ say, kept: true })
  say(`the cluster is up after ${seconds(started)}`)
  if (withShop) {
    const opened = Date.now()
    await openShop(cluster)
    say(`the shop is open after ${seconds(opened)}`)
  }
  process.stdout.write(`
export KUBECONFIG=${cluster.kubeconfig}
export PATH=${binary('kubectl').replace(/\/kubectl$/, '')}:$PATH
kubectl get nodes,pods -A -o wide
${withShop ? 'kubectl logs -n shop deploy/frontend' : 'npm run cluster -- down, then up --with-shop, has pods that talk to each other'}
npm run cluster -- status
npm run cluster -- down
`)
}

async function upApi(): Promise<void> {
  demand('api')
  const started = Date.now()
  const api = await startApiServer(say)
  say(`the API server is ready after ${seconds(started)}; Ctrl-C ends it`)
  process.stdout.write(`export KUBECONFIG=${api.kubeconfig}\n${binary('kubectl')} get namespaces\n`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await api.stop()
}

async function main(): Promise<void> {
  const options = { 'with-shop': { type: 'boolean' }, 'api-only': { type: 'boolean' } } as const
  const { positionals, values } = parseArgs({ options, allowPositionals: true })
  switch (positionals[0]) {
    case 'up':
      return values['api-only'] ? upApi() : up(values['with-shop'] ?? false)
    case 'down':
      return say((await stopCluster(say)) ? 'it is down' : 'no cluster is up')
    case 'status':
      return void process.stdout.write(await status())
    case 'build':
      demand('cluster')
      return build('cluster', say)
    default:
      process.stderr.write(usage)
      process.exitCode = 2
  }
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exit(1)
})

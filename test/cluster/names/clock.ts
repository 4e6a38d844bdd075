// Hours pass at once: the server of the installed product is started again with a clock that is ahead. The double is a module
// that Node loads first, in every thread of it; it lies in the server's own volume, which is all that test and pod share.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { upgrade } from '../helm.ts'
import type { Stand } from '../stand.ts'

const file = 'clock.mjs'

const moduleText = (seconds: number) => `const ahead = ${seconds * 1000}
const real = Date
const now = real.now.bind(real)
real.now = () => now() + ahead
globalThis.Date = new Proxy(real, {
  construct: (target, given, as) => Reflect.construct(target, given.length > 0 ? given : [real.now()], as),
})
`

/** Starts the server again, so many seconds ahead of everybody else, and waits until it answers. */
export async function startAhead({ cluster, product }: Stand, seconds: number): Promise<void> {
  writeFileSync(join(product.dataDir, file), moduleText(seconds))
  const { name, namespace, values } = product.release
  const env = [
    { name: 'NODE_OPTIONS', value: `--import /var/lib/margay/${file}` },
    // Another value is another pod.
    { name: 'MARGAY_TEST_AHEAD', value: String(seconds) },
  ]
  await upgrade(cluster.kubeconfig, { name, namespace, values: { ...values, 'server.extraEnv': env } })
  const words = ['statefulset/margay-server', '-n', namespace]
  await cluster.kubectl.run(['scale', '--replicas=1', ...words])
  await cluster.kubectl.run(['rollout', 'status', ...words, '--timeout=300s'])
}

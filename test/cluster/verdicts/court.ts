// The court at work: its policies are there before anybody watches, its pods come with the first suite that needs them, and each
// test connects as it needs and finds the records of just that.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from '../cluster.ts'
import type { Row } from '../product.ts'
import { untilAdmitting, untilSelected } from '../policies/in-force.ts'
import { found } from '../rows.ts'
import { openOutside } from '../shop/shop.ts'
import type { Stand } from '../stand.ts'
import { clients, firstObjects, namespace, pods, policies, port, servers, type Client, type Server } from './objects.ts'

/** Makes the court's policies, which are then older than any product. */
export async function makeCourt({ kubectl }: Cluster): Promise<void> {
  await kubectl.apply(firstObjects)
  await kubectl.apply(policies)
}

interface Pod {
  readonly metadata: { readonly name: string }
  readonly status: { readonly podIP?: string }
}

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Court {
  addressOf(pod: string): Promise<string>
  /** Runs a command line in a client; how it ends does not matter. */
  run(client: Client, command: string): Promise<string>
  /** Connects from a client to a server by its address, once. Every pair that tests ask about has connected once before. */
  call(client: Client, server: Server): Promise<void>
  /** Rows of a search, once there are some. */
  found(logType: 'flows' | 'dns', query: string): Promise<readonly Row[]>
  /** Runs `margay` against the product, as its viewer. */
  cli(...args: readonly string[]): Promise<Ended>
  /** Leaves nothing on this machine; its pods are the cluster's. */
  close(): void
}

const root = join(import.meta.dirname, '../../..')

/** An address of nobody, inside of nothing that anybody knows. */
export const nowhere = '172.16.9.9'

/** Seconds for what is answered, however busy the machine is, and for what never is. */
const answered = 30
const silent = 2
const curl = (url: string, seconds = answered) => `curl -s -o /dev/null -m ${seconds} ${url}`
const page = (host: string) => curl(`http://${host}:443/`, host === nowhere ? silent : answered)
const lookUp = (name: string, seconds = answered) => `dig +tries=1 +time=${seconds} ${name}`

/** Names as their clients write them. */
export const visits: { readonly [C in 'reader' | 'buyer']: readonly string[] } = {
  reader: ['api.Stripe.com.', 'API.STRIPE.COM', 'WWW.ecb.europa.eu', 'packages.example.org'],
  buyer: ['api.Stripe.com.', 'WWW.ecb.europa.eu', 'drop.FILES.example', 'smtp.sendgrid.net', nowhere],
}

/** Each policy that refuses somebody here, by the pod that it selects, and the one rule that admits somebody. */
async function policiesAreInForce({ cluster }: Stand): Promise<void> {
  const place = (policy: string) => ({ namespace, policy })
  await Promise.all([
    untilSelected(cluster, 'vault', place('vault-for-auditors')),
    untilSelected(cluster, 'vault', place('vault-for-backup')),
    untilSelected(cluster, 'ledger', place('ledger')),
    untilAdmitting(cluster, 'ledger', place('ledger')),
    untilSelected(cluster, 'mute', place('silence')),
  ])
}

/** Everything that the pods do for the tests, all at once. */
async function makeTraffic({ run, call }: Pick<Court, 'run' | 'call'>): Promise<void> {
  await Promise.all([
    call('caller', 'vault'),
    call('caller', 'ledger'),
    call('stranger', 'ledger'),
    run('reader', visits.reader.map(page).join('; ')),
    run('buyer', visits.buyer.map(page).join('; ')),
    run('mute', lookUp('api.stripe.com', silent)),
    run(
      'stranger',
      ['a.servfail.test', 'nowhere.example.com', 'nowhere.example.com'].map((name) => lookUp(name)).join('; '),
    ),
  ])
}

/** What signed the product's certificate, as a file until it is removed. */
function authorityFile({ product }: Stand): { readonly ca: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'margay-court-'))
  const ca = join(folder, 'ca.crt')
  writeFileSync(ca, product.authority)
  return { ca, remove: () => rmSync(folder, { recursive: true }) }
}

function runCli({ product }: Stand, ca: string, args: readonly string[]): Promise<Ended> {
  const env = {
    ...process.env,
    ...{ MARGAY_SERVER: product.address, MARGAY_TOKEN: product.token, MARGAY_CA: ca },
    ...{ NODE_NO_WARNINGS: '1', NO_COLOR: '1' },
  }
  return new Promise((resolve) => {
    const main = join(root, 'apps/cli/src/main.ts')
    execFile(process.execPath, [main, ...args], { env, maxBuffer: 1 << 28 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    )
  })
}

/** Brings the pods, waits until they are ready and their policies in force, and lets them talk. */
export async function openCourt(stand: Stand): Promise<Court> {
  const { kubectl } = stand.cluster
  openOutside(stand.cluster)
  await kubectl.apply(pods)
  const names = [...clients, ...servers].map((name) => `pod/${name}`)
  await kubectl.run(['wait', '--for=condition=Ready', ...names, '-n', namespace, '--timeout=180s'])
  const addressOf = async (name: string) =>
    (await kubectl.get<Pod & { kind: string }>('pod', name, namespace)).status.podIP!
  const run = (client: Client, command: string) =>
    kubectl.run(['exec', '-n', namespace, client, '--', 'bash', '-c', `${command} || true`])
  const call = async (client: Client, server: Server) =>
    void (await run(client, curl(`http://${await addressOf(server)}:${port}/`)))
  await policiesAreInForce(stand)
  await makeTraffic({ run, call })
  const { ca, remove } = authorityFile(stand)
  return {
    addressOf,
    run,
    call,
    found: (logType, query) => found(stand.product, logType, query),
    cli: (...args) => runCli(stand, ca, args),
    close: remove,
  }
}

interface Traces {
  readonly enforced_policies?: readonly string[]
  readonly pending_policies?: readonly string[]
}

export const tracesOf = ({ policies: traces }: Row): Traces => traces ?? {}

// The namespace in which names are put to the test: clients that connect, and rows of what they did. What is true is taken from
// the pods themselves (each answers with its name) and from the API server, never from the product.
import { isDeepStrictEqual } from 'node:util'
import { until } from '../parts/command.ts'
import { controlAddress, nodeNumbers, type NodeNumber } from '../parts/network.ts'
import type { Row } from '../product.ts'
import { distinct } from '../rows.ts'
import type { Stand } from '../stand.ts'
import { firstObjects, idlePods, namespace, objects } from './objects.ts'

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: { readonly nodeName: string }
  readonly status: { readonly podIP?: string; readonly phase: string }
}

export interface Lane {
  readonly kubectl: (...args: readonly string[]) => Promise<string>
  readonly getPod: (name: string) => Promise<Pod>
  readonly podsOf: (app: string) => Promise<readonly Pod[]>
  /** Connects from a client so many times, one process each, and returns the names of the pods that answered. */
  readonly curl: (client: string, url: string, times?: number) => Promise<readonly string[]>
  /**
   * Resolves once a service answers on a node as it is now: every call is answered, and by all of these pods and no others.
   * The calls are a scout's, so that those of clients are counted by themselves.
   */
  readonly answers: (node: NodeNumber, url: string, pods: readonly string[]) => Promise<void>
  /** Rows that are stored. */
  readonly rowsOf: (query: string) => Promise<readonly Row[]>
  /** Rows of connections that all happened before, by both reporters. */
  readonly flows: (query: string) => Promise<readonly Row[]>
  /** Rows that are stored, kept with their question, to be asked again when what they are about is gone. */
  readonly kept: (what: string, query: string) => Promise<readonly Row[]>
  /** The same of connections that all happened before. */
  readonly remembered: (what: string, query: string) => Promise<readonly Row[]>
}

/** Its workloads, all ready, and its services where clients are; again it changes nothing. */
export async function openLane(stand: Stand): Promise<void> {
  const { kubectl } = stand.cluster
  const words = ['-n', namespace, '--timeout=180s']
  await kubectl.apply(firstObjects)
  await kubectl.apply(objects)
  for (const each of ['deployment/web', 'statefulset/db', 'daemonset/exporter']) {
    await kubectl.run(['rollout', 'status', each, ...words])
  }
  await kubectl.run(['wait', '--for=condition=Ready', ...idlePods.map((name) => `pod/${name}`), ...words])
  const { answers, podsOf } = createLane(stand)
  const webs = (await podsOf('web')).map(nameOf)
  for (const node of nodeNumbers) await answers(node, `http://web.${namespace}/`, webs)
  for (const { metadata } of await podsOf('db')) {
    await answers(1, `http://${metadata.name}.db.${namespace}:5432/`, [metadata.name])
  }
}

export const nameOf = ({ metadata }: Pod): string => metadata.name

/** Of two pods, one is left out of so many calls once in a million times. */
const callsForEach = 10

/** Ports that nobody listens on, one for each wait. */
let lastPort = 60_000

type Client = 'client-1' | 'client-2'

/** The lane of a stand, in which these clients still are. */
export function createLane(stand: Stand, clients: readonly Client[] = ['client-1', 'client-2']): Lane {
  const kubectl = (...args: readonly string[]) => stand.cluster.kubectl.run(['-n', namespace, ...args])
  const rowsOf = (query: string) => stand.product.rows('flows', query)

  /** Resolves once all that happened before is stored: each client made a last connection, and its row is there. */
  async function settled(): Promise<void> {
    const port = ++lastPort
    for (const client of clients) {
      await kubectl('exec', client, '--', 'bash', '-c', `curl -s -m 2 http://${controlAddress}:${port}/ || true`)
    }
    const isThere = async () =>
      distinct(await rowsOf(`dest_port: ${port} and reporter: src`), 'source_name').length === clients.length
    await until('the last connections to be stored', isThere, { why: () => stand.product.output(), everyMs: 300 })
  }

  async function curl(client: string, url: string, times = 1): Promise<readonly string[]> {
    const each = `curl -s -m 30 -o /dev/null -w '%header{x-pod}\\n' ${url}`
    const loop = `for ((i = 0; i < ${times}; i++)); do ${each} || true; done`
    const names = (await kubectl('exec', client, '--', 'bash', '-c', loop)).split('\n')
    return names.filter((name) => name !== '')
  }

  async function flows(query: string): Promise<readonly Row[]> {
    await settled()
    return rowsOf(query)
  }

  async function kept(what: string, query: string): Promise<readonly Row[]> {
    const rows = await rowsOf(query)
    stand.memory.keepRows(what, () => rowsOf(query), rows)
    return rows
  }

  return {
    kubectl,
    getPod: (name) => stand.cluster.kubectl.get<Pod>('pod', name, namespace),
    rowsOf,
    podsOf: async (app) =>
      (await stand.cluster.kubectl.list<Pod>('pods', namespace)).filter(({ metadata }) => metadata.labels.app === app),
    curl,
    async answers(node, url, pods) {
      const times = callsForEach * pods.length
      const isAsItIs = async () => {
        const names = await curl(`scout-${node}`, url, times)
        return names.length === times && isDeepStrictEqual(Object.keys(tally(names)).toSorted(), pods.toSorted())
      }
      await until(`${pods.join(' and ')} to answer ${url} on node ${node}`, isAsItIs, { everyMs: 500 })
    },
    flows,
    kept,
    async remembered(what, query) {
      await settled()
      return kept(what, query)
    },
  }
}

export const sum = (rows: readonly Row[], field: string): number =>
  rows.reduce((all, row) => all + Number(row[field] ?? 0), 0)

export const by = (rows: readonly Row[], reporter: 'src' | 'dst'): readonly Row[] =>
  rows.filter((row) => row.reporter === reporter)

/** How many connections each value of a field has. */
export function counts(rows: readonly Row[], field: string): Record<string, number> {
  const groups = Object.groupBy(rows, (row) => String(row[field]))
  return Object.fromEntries(
    Object.entries(groups).map(([value, group]) => [value, sum(group ?? [], 'num_flows_started')]),
  )
}

export const tally = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(Object.entries(Object.groupBy(names, (name) => name)).map(([name, all]) => [name, all!.length]))

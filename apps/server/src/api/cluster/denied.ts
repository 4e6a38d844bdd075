// What was denied to each endpoint in a range, from the flow log's rows of both its sides.
import type { Group } from '@margay/query'
import { allOf, fieldIsOneOf } from '@margay/query'
import type { Counter, Endpoint } from '@margay/wire'
import type { Range } from './as-of.ts'
import type { TrafficDeps } from './traffic.ts'
import { addCounters, askAllFlows, counterOf, isDenied } from './traffic.ts'

type Denied = NonNullable<Endpoint['denied']>

export interface DeniedTraffic {
  of(endpoint: Pick<Endpoint, 'type' | 'namespace' | 'name' | 'node'>): Denied
  /** Connections of pods whose records carry no name of a pod. */
  readonly unattributed: Counter
}

const nothing: Denied = { connections: 0, packets: 0 }

const measures = {
  // Not `num_flows`, which counts a connection again in each interval that it lasts.
  connections: { sum: 'num_flows_started' },
  packetsIn: { sum: 'packets_in' },
  packetsOut: { sum: 'packets_out' },
} as const

const isName = (text: string) => text !== '' && text !== '-' && text !== '*'

/** The name that rows of one end go by: a pod's own, or a host's. */
function endKey([type, namespace, name, nameAggr]: Group['key']): string | undefined {
  if (type === 'hep') return `hep ${String(nameAggr)}`
  const own = isName(String(name ?? '')) ? String(name) : String(nameAggr ?? '')
  return own.endsWith('*') || !isName(own) ? undefined : `wep ${String(namespace)}/${own}`
}

const deniedOf = ({ measures: sums }: Group): Denied => ({
  connections: counterOf(sums.connections),
  packets: addCounters(counterOf(sums.packetsIn), counterOf(sums.packetsOut)),
})

const add = (a: Denied, b: Denied): Denied => ({
  connections: addCounters(a.connections, b.connections),
  packets: addCounters(a.packets, b.packets),
})

/** Asks for both ends at once. */
export async function askDenied(range: Range, deps: TrafficDeps): Promise<DeniedTraffic> {
  const askEnd = (end: 'source' | 'dest') => {
    const isEndpoint = fieldIsOneOf(`${end}_type`, ['wep', 'hep'])
    const by = ['type', 'namespace', 'name', 'name_aggr'].map((part) => `${end}_${part}`)
    return askAllFlows(range, { filter: allOf(isDenied, isEndpoint), by, measures }, deps)
  }
  const answers = await Promise.all([askEnd('source'), askEnd('dest')])
  const byEnd = new Map<string, Denied>()
  let unattributed: Counter = 0
  for (const group of answers.flat()) {
    const key = endKey(group.key)
    if (key === undefined) unattributed = addCounters(unattributed, counterOf(group.measures.connections))
    else byEnd.set(key, add(byEnd.get(key) ?? nothing, deniedOf(group)))
  }
  return {
    unattributed,
    of({ type, namespace, name, node }) {
      if (type === 'wep') return byEnd.get(`wep ${namespace}/${name}`) ?? nothing
      return byEnd.get(`hep ${name}`) ?? byEnd.get(`hep ${node}`) ?? nothing
    },
  }
}

// A cursor over the groups of a table, with the names that merging compares: keys of pairs, pods, reports and listeners as short
// numbers, and what a group is by itself (does it count, who is its end).
import { slot } from './amounts.ts'
import type { Endpoint, Side } from './endpoint.ts'
import type { GroupTable, KeyField } from './group-table.ts'
import type { ServiceGroups } from './services.ts'

/** Who listens at a host's port, as its own reports tell; where several do, the process is `*` and the container unknown. */
export interface Listener {
  readonly process: string
  readonly container: string
}

const nobody: Listener = { process: '', container: '' }

/** The texts of all tables under one code each, so that keys are short and compare by number. */
export interface Texts {
  code(text: string): number
  text(code: number): string
}

export function createTexts(): Texts {
  const texts: string[] = []
  const codes = new Map<string, number>()
  return {
    code(text) {
      const known = codes.get(text)
      if (known !== undefined) return known
      codes.set(text, texts.length)
      return texts.push(text) - 1
    },
    text: (code) => texts[code]!,
  }
}

const workloadFields: readonly KeyField[] = [
  'proto',
  'dest_port',
  'source_type',
  'source_namespace',
  'source_name_aggr',
  'dest_type',
  'dest_namespace',
  'dest_name_aggr',
]
const podFields: readonly KeyField[] = [...workloadFields, 'source_name', 'dest_name']
const listenerFields: readonly KeyField[] = ['dest_namespace', 'dest_name_aggr', 'proto', 'dest_port']

/** A cursor over the groups of a table: what it tells is of the group that `each` has come to. */
export type GroupReader = ReturnType<typeof createReader>

/** `spokenFor` decides about groups that do not count by themselves; where it is absent, they do not count. */
export function createReader(table: GroupTable, texts: Texts, spokenFor: ReadonlySet<string> | undefined) {
  const { codes, sums } = table
  const shared = table.texts.map((text) => texts.code(text))
  let at = 0
  const code = (field: KeyField): number => shared[codes[field][at]!]!
  const text = (field: KeyField): string => table.texts[codes[field][at]!]!
  // Fast path: called thrice a group; joining numbers costs a tenth of escaping and joining texts.
  const key = (fields: readonly KeyField[]): string => {
    let joined = ''
    for (const field of fields) joined += `${code(field)},`
    return joined
  }
  const bySource = () => text('reporter') === 'src'
  const isOwn = (side: Side) => bySource() === (side === 'source')
  const sum = (field: keyof typeof sums) => sums[field][at]!
  const pairKey = () => `w${key(workloadFields)}`
  const reportKey = (reporter: string) => `${reporter}${pairKey()}`
  /** A forwarder counts for what it threw away, if it is the only one who tells. */
  const mayCount = () => text('reporter') !== 'fwd' || text('action') === 'deny'
  const counts = () =>
    mayCount() &&
    (text('counts') === 'true' || (spokenFor !== undefined && !spokenFor.has(reportKey(text('reporter')))))
  const isEmpty = () =>
    sum('num_flows') + sum('packets_in') + sum('packets_out') + sum('bytes_in') + sum('bytes_out') === 0
  const listenerKey = () => key(listenerFields)
  const programOf = (side: Side, listeners: ReadonlyMap<string, Listener>): Listener => {
    if (isOwn(side)) return { process: text('process_name'), container: text('container') }
    return (side === 'dest' && text('dest_type') === 'hep' && listeners.get(listenerKey())) || nobody
  }

  return {
    /** Calls back for every group. */
    each(visit: () => void) {
      for (at = 0; at < table.length; at++) visit()
    },
    text,
    listenerKey,
    /** Names one pair of workloads on one port. */
    pairKey,
    /** Names what a reporter tells of one pair of workloads on one port. */
    reportKey,
    /** Names one pair of pods on one port. */
    podKey: () => `p${key(podFields)}`,
    counts,
    isEmpty,
    isForwarded: () => text('reporter') === 'fwd',
    isUncountedDenial: () => text('action') === 'deny' && !counts() && !isEmpty(),
    /** In the order of `measures`; bytes as the source of the flow sees them, whoever reports. */
    amounts: (): number[] => {
      const packets = sum('packets_in') + sum('packets_out')
      const [sent, received] = bySource() ? (['bytes_out', 'bytes_in'] as const) : (['bytes_in', 'bytes_out'] as const)
      return [sum('num_flows'), packets, sum(sent), sum(received)]
    },
    verdictSlot: () => {
      if (text('action') !== 'deny') return slot.allowed
      return text('reporter') === 'dst' ? slot.deniedAtDestination : slot.deniedAtSource
    },
    /** Names an endpoint as far as the tree tells endpoints apart; processes are told apart on hosts only. */
    endKey: (side: Side, listeners: ReadonlyMap<string, Listener>): string => {
      const names = key(endFields[side])
      if (text(`${side}_type`) !== 'hep') return names
      const { process, container } = programOf(side, listeners)
      return `${names}${texts.code(container)},${texts.code(process)}`
    },
    /** The service that a pod was reached by, with its namespace where that is another one; undefined where none is known. */
    dialled: (): string | undefined => {
      const name = text('dest_service_name')
      if (text('dest_type') !== 'wep' || name === '' || name === '-') return undefined
      const namespace = text('dest_service_namespace')
      const isHere = namespace === '' || namespace === '-' || namespace === text('dest_namespace')
      return isHere ? name : `${namespace}/${name}`
    },
    endpoint: (side: Side, listeners: ReadonlyMap<string, Listener>, services: ServiceGroups): Endpoint => ({
      type: text(`${side}_type`),
      namespace: text(`${side}_namespace`),
      nameAggr: text(`${side}_name_aggr`),
      services: text(`${side}_type`) === 'wep' ? services.of(text(`${side}_namespace`), text(`${side}_name_aggr`)) : [],
      name: text(`${side}_name`),
      ...programOf(side, listeners),
      domain: side === 'dest' ? text('dest_domains') : '',
    }),
  }
}

const endFields: { readonly [S in Side]: readonly KeyField[] } = {
  source: ['source_type', 'source_namespace', 'source_name_aggr', 'source_name'],
  dest: ['dest_type', 'dest_namespace', 'dest_name_aggr', 'dest_name', 'dest_domains'],
}

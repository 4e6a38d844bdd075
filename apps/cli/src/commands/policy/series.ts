// From flow records to distinct flows, and to the pods that the records tell of. A pod that is in no file is known by what
// its records say: labels and addresses, but neither the names of its ports nor its account. One whose records carry no
// labels stays unknown: to take it for a pod without labels would be a guess.
import type { Row } from '@margay/model'
import type { Address, Flow, FlowEnd, Pod, Snapshot } from '@margay/policy'
import { carriesPorts, parseAddress, podKey, printAddress, protocolNumber } from '@margay/policy'

type Side = 'source' | 'dest'

export interface SeriesProblem {
  readonly field: string
  readonly value: string
  readonly problem: string
}

export interface SeenFlow {
  readonly flow: Flow
  /** Some record of it says deny. */
  readonly isDenied: boolean
}

export interface Series {
  /** Takes a row in; what keeps it from being judged comes back. */
  add(row: Row): readonly SeriesProblem[]
  size(): number
  /** Rows of conversations inside one netns, which no policy sees. */
  localRows(): number
  /** Distinct flows. Host endpoints are named only where the snapshots have them; elsewhere their address stands. */
  flows(snapshots: readonly Snapshot[]): readonly SeenFlow[]
  /** Pods known from records. `namespaceOnly` gives those without labels too, for who selects by namespace alone. */
  pods(namespaceOnly?: boolean): readonly Pod[]
}

const textOf = (row: Row, field: string): string | undefined => {
  const value = row[field]
  return typeof value === 'string' && value !== '-' && value !== '' ? value : undefined
}

function endOf(row: Row, side: Side): FlowEnd {
  const type = textOf(row, `${side}_type`)
  const namespace = textOf(row, `${side}_namespace`)
  const name = textOf(row, `${side}_name`) ?? textOf(row, `${side}_name_aggr`)
  const address = parseAddress(textOf(row, `${side}_ip`) ?? '')
  const at = address ? { address } : {}
  if ((type ?? 'wep') === 'wep' && namespace && name) return { pod: `${namespace}/${name}`, ...at }
  return type === 'hep' && name ? { hostEndpoint: name, ...at } : at
}

const endKey = ({ pod, hostEndpoint, address }: FlowEnd) =>
  `${pod ?? ''} ${hostEndpoint ?? ''} ${address ? printAddress(address) : ''}`

/** What Calico's records add to a pod's own labels; they are inherited, and no label of the pod. */
const isInherited = (key: string) =>
  /^(projectcalico\.org\/(namespace|orchestrator|serviceaccount)$|pcns\.|pcsa\.)/.test(key)

const accountLabel = 'projectcalico.org/serviceaccount'

interface PodDraft {
  readonly namespace: string
  readonly name: string
  readonly addresses: Map<string, Address>
  /** Of the newest record that has any. */
  labels: ReadonlyMap<string, string> | undefined
  labelsAt: number
}

const readLabels = (texts: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    texts.map((text) => {
      const at = text.indexOf('=')
      return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
    }),
  )

function createPods() {
  const drafts = new Map<string, PodDraft>()
  return {
    note(row: Row, side: Side, { pod, address }: FlowEnd): void {
      if (pod === undefined) return
      const [namespace = '', name = ''] = pod.split('/')
      const draft: PodDraft = drafts.get(pod) ?? {
        namespace,
        name,
        addresses: new Map(),
        labels: undefined,
        labelsAt: 0,
      }
      drafts.set(pod, draft)
      if (address) draft.addresses.set(printAddress(address), address)
      const labels = row[`${side}_labels.labels`]
      const at = Number(row.start_time)
      if (!Array.isArray(labels) || at < draft.labelsAt) return
      draft.labels = readLabels(labels as readonly string[])
      draft.labelsAt = at
    },
    list: (namespaceOnly: boolean): readonly Pod[] =>
      [...drafts.values()]
        .filter(({ labels }) => labels !== undefined || namespaceOnly)
        .map(({ namespace, name, addresses, labels }) => ({
          namespace,
          name,
          labels: new Map([...(labels ?? [])].filter(([key]) => !isInherited(key))),
          addresses: [...addresses.values()],
          ports: undefined,
          serviceAccount: labels?.get(accountLabel),
          hostNetwork: false,
        })),
  }
}

interface Draft {
  readonly flow: Flow
  readonly domains: Set<string>
  readonly aliases: Set<string>
  isDenied: boolean
}

function noteNames(into: Set<string>, names: Row[string]): void {
  if (Array.isArray(names)) for (const name of names) into.add(String(name))
}

function protocolProblem(row: Row): readonly SeriesProblem[] {
  const value = textOf(row, 'proto')
  if (value === undefined) return [{ field: 'proto', value: 'undefined', problem: 'is missing' }]
  return [{ field: 'proto', value, problem: 'tcp, udp, sctp, icmp, icmp6 or a number is expected' }]
}

export function createSeries(): Series {
  const drafts = new Map<string, Draft>()
  const pods = createPods()
  let local = 0
  return {
    add(row) {
      const protocol = protocolNumber(row.proto)
      if (!protocol) return protocolProblem(row)
      if (row.local === true) {
        local += 1
        return []
      }
      const [source, destination] = [endOf(row, 'source'), endOf(row, 'dest')]
      pods.note(row, 'source', source)
      pods.note(row, 'dest', destination)
      const port = carriesPorts(protocol) && typeof row.dest_port === 'number' ? row.dest_port : undefined
      const key = `${endKey(source)}\n${endKey(destination)}\n${protocol}\n${port ?? ''}`
      const flow = { source, destination, protocol, ...(port !== undefined && { port }) }
      const draft: Draft = drafts.get(key) ?? { flow, domains: new Set(), aliases: new Set(), isDenied: false }
      drafts.set(key, draft)
      if (row.action === 'deny') draft.isDenied = true
      noteNames(draft.domains, row.dest_domains)
      noteNames(draft.aliases, row.dest_domain_aliases)
      return []
    },
    size: () => drafts.size + local,
    localRows: () => local,
    flows(snapshots) {
      const hosts = new Set(snapshots.flatMap(({ hostEndpoints }) => hostEndpoints.map(({ name }) => name)))
      const settle = ({ hostEndpoint, ...end }: FlowEnd): FlowEnd =>
        hostEndpoint !== undefined && (hosts.has(hostEndpoint) || !end.address) ? { hostEndpoint, ...end } : end
      return [...drafts.values()].map(({ flow, domains, aliases, isDenied }) => ({
        isDenied,
        flow: {
          ...flow,
          source: settle(flow.source),
          destination: {
            ...settle(flow.destination),
            ...(domains.size > 0 && { domains: [...domains] }),
            ...(aliases.size > 0 && { aliases: [...aliases] }),
          },
        },
      }))
    },
    pods: (namespaceOnly = false) => pods.list(namespaceOnly),
  }
}

/** The snapshot with the pods that only records know; what files say of a pod stands. */
export function withPods(snapshot: Snapshot, pods: readonly Pod[]): Snapshot {
  const known = new Set(snapshot.pods.map(podKey))
  return { ...snapshot, pods: [...snapshot.pods, ...pods.filter((pod) => !known.has(podKey(pod)))] }
}

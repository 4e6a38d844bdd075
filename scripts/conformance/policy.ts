// Runs policy cases: objects, namespaces, pods, one flow, and the verdict (and sometimes the trace) wanted.
import { printGoldmaneHit } from '@margay/model'
import {
  createEngine,
  type DirectionResult,
  evaluate,
  type Evaluation,
  type Flow,
  type FlowEnd,
  type Mode,
  parseAddress,
  parseSnapshot,
  protocolNumber,
  type Snapshot,
  type Verdict,
} from '@margay/policy'
import { type CaseResult, differ } from './result.ts'

interface PodCase {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly ip: string
  readonly ports?: readonly unknown[]
  readonly serviceAccount?: string
  readonly profiles?: readonly string[]
}

type Traces = Partial<Record<'src' | 'dst', Partial<Record<Mode, readonly string[]>>>>

interface PolicyCase {
  readonly name: string
  readonly policies: readonly unknown[]
  readonly resources?: readonly unknown[]
  readonly namespaces: readonly { readonly name: string; readonly labels?: Readonly<Record<string, string>> }[]
  readonly pods: readonly PodCase[]
  readonly flow: {
    readonly src: string
    readonly dst: string
    readonly proto: string | number
    readonly port: number | null
    readonly srcPort?: number
    readonly icmp?: { readonly type: number; readonly code: number }
    readonly http?: { readonly method: string; readonly path: string }
  }
  readonly expected: Verdict
  readonly directions?: readonly ('ingress' | 'egress')[]
  readonly mode?: Mode
  readonly trace?: Traces
  readonly source: string
}

function podDocument(pod: PodCase): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: pod.namespace, name: pod.name, labels: pod.labels },
    spec: {
      serviceAccountName: pod.serviceAccount ?? 'default',
      containers: [{ name: 'main', ports: pod.ports ?? [] }],
    },
    status: { podIP: pod.ip },
  }
}

const accountDocument = (pod: PodCase) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace: pod.namespace, name: pod.serviceAccount ?? 'default' },
})

const namespaceDocument = (namespace: PolicyCase['namespaces'][number]) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace.name, labels: namespace.labels ?? {} },
})

/** Accounts without an object exist all the same: the API server makes `default`, and refuses pods that name others. */
function snapshotOf(one: PolicyCase): Snapshot {
  const { snapshot } = parseSnapshot([
    ...one.namespaces.map(namespaceDocument),
    ...one.pods.map(accountDocument),
    ...one.pods.map(podDocument),
    ...(one.resources ?? []),
    ...one.policies,
  ])
  const profiles = new Map(one.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod.profiles]))
  return {
    ...snapshot,
    pods: snapshot.pods.map((pod) => {
      const explicit = profiles.get(`${pod.namespace}/${pod.name}`)
      return explicit ? { ...pod, profiles: explicit } : pod
    }),
  }
}

function endOf(text: string): FlowEnd {
  const address = parseAddress(text)
  return address ? { address } : { pod: text }
}

function flowOf({ flow }: PolicyCase): Flow {
  return {
    source: endOf(flow.src),
    destination: endOf(flow.dst),
    protocol: protocolNumber(flow.proto) ?? 0,
    ...(flow.port !== null && { port: flow.port }),
    ...(flow.srcPort !== undefined && { sourcePort: flow.srcPort }),
    ...(flow.icmp && { icmp: flow.icmp }),
    ...(flow.http && { http: flow.http }),
  }
}

/** Source ports that a case leaves open are ones that no rule was written for. */
const anySourcePort = 40_000

function verdictFor(one: PolicyCase, evaluation: Evaluation): Verdict {
  const directions = one.directions ?? ['egress', 'ingress']
  const results = [
    directions.includes('egress') ? evaluation.source : undefined,
    directions.includes('ingress') ? evaluation.destination : undefined,
  ]
  const verdicts = results.flatMap((result) => result?.verdict ?? [])
  if (verdicts.includes('deny')) return 'deny'
  return verdicts.includes('unknown') ? 'unknown' : 'allow'
}

const traceText = (result: DirectionResult | undefined) => (result?.trace ?? []).map(printGoldmaneHit)

function checkTraces(traces: Traces, evaluations: Record<Mode, Evaluation>): readonly string[] {
  return (['src', 'dst'] as const).flatMap((end) =>
    (['enforced', 'pending'] as const).flatMap((mode) => {
      const want = traces[end]?.[mode]
      const result = evaluations[mode][end === 'src' ? 'source' : 'destination']
      return want ? differ(`${mode} trace of ${end}`, want, traceText(result)) : []
    }),
  )
}

function runCase(one: PolicyCase): readonly string[] {
  const snapshot = snapshotOf(one)
  const flow = { sourcePort: anySourcePort, ...flowOf(one) }
  const judge = (mode: Mode) => evaluate(flow, snapshot, mode)
  const mode = one.mode ?? 'enforced'
  const evaluation = judge(mode)
  const indexed = createEngine(snapshot).evaluate(flow, mode)
  const verdict = [
    ...differ('verdict', one.expected, verdictFor(one, evaluation)),
    ...differ('verdict of the index', one.expected, verdictFor(one, indexed)),
  ]
  if (!one.trace) return verdict
  return [...verdict, ...checkTraces(one.trace, { enforced: judge('enforced'), pending: judge('pending') })]
}

/** One result per case of the file's content. */
export function runPolicyCases(content: unknown): readonly CaseResult[] {
  return (content as readonly PolicyCase[]).map((one) => ({
    title: one.name,
    source: one.source,
    failures: runCase(one),
  }))
}

// Policy at host endpoints. Traffic of the host itself meets policies before tracking, then (inbound) before address
// translation, then ordinary ones, then profiles; forwarded traffic meets only policies that say `applyOnForward`, and is
// allowed where there is none. Source: Calico's documentation, "Protect hosts", "Apply policy to forwarded traffic",
// "Defend against DoS attacks" and "Apply policy to Kubernetes node ports"; facts in part c.12 of the specification.
import { type Direction, type Policy, type Rule } from '../objects/policy.ts'
import { protocolNumbers } from '../objects/ports.ts'
import type { Answer } from './answer.ts'
import { type End, type Ends, hostEndAt, noNames } from './ends.ts'
import type { Prepared } from './prepare.ts'
import { printAddress } from '../net/address.ts'
import type { DirectionResult, Flow, ForwardHop, MissingFact, Mode } from './flow.ts'
import { exempt, judgeTiers, type Judged, resultOf, unknownResult } from './judge.ts'
import { walkProfiles } from './profiles.ts'
import { decided, type Outcome } from './outcome.ts'

type HostEnd = End & { readonly kind: 'host' }

const { tcp, udp } = protocolNumbers

/** Felix's defaults: ports that stay open so that a policy cannot cut a node off from its cluster. */
const failsafe: Record<
  Direction,
  readonly { readonly protocol: number | undefined; readonly ports: readonly number[] }[]
> = {
  ingress: [
    { protocol: tcp, ports: [22, 179, 2379, 2380, 5473, 6443, 6666, 6667] },
    { protocol: udp, ports: [68] },
  ],
  egress: [
    { protocol: tcp, ports: [179, 2379, 2380, 5473, 6443, 6666, 6667] },
    { protocol: udp, ports: [53, 67] },
  ],
}

function isFailsafe(direction: Direction, flow: Flow): boolean {
  const { port } = flow
  return (
    port !== undefined &&
    failsafe[direction].some((entry) => entry.protocol === flow.protocol && entry.ports.includes(port))
  )
}

const fall = (): Outcome => decided('fall', [], { by: 'exemption', reason: 'no policy of this stage decides' })

interface StageInput {
  readonly end: HostEnd
  readonly direction: Direction
  readonly flow: Flow
  readonly ends: Ends
  readonly prepared: Prepared
  readonly mode: Mode
}

function judgeStage(
  input: StageInput,
  concerns: (policy: Policy) => boolean,
  endOfTierPasses: boolean,
  afterTiers: (matches: (rule: Rule) => Answer) => Outcome,
): Judged {
  return judgeTiers({ ...input, known: input.end.known, concerns, endOfTierPasses, afterTiers })
}

const isUndecided = (judged: Judged) => judged.outcome.possible.size === 1 && judged.outcome.possible.has('fall')

/** Untracked policies, then those before address translation; undefined when neither decides. */
function judgeEarly(input: StageInput, beforeDnat: StageInput): Judged | undefined {
  const untracked = judgeStage(input, (policy) => policy.stage === 'untracked', true, fall)
  if (!isUndecided(untracked)) return untracked
  if (input.direction === 'egress') return undefined
  const early = judgeStage(beforeDnat, (policy) => policy.stage === 'pre-dnat', true, fall)
  return isUndecided(early) ? undefined : early
}

/** Traffic that the host itself sends or receives. */
function judgeHost(
  end: HostEnd,
  direction: Direction,
  flow: Flow,
  ends: Ends,
  prepared: Prepared,
  mode: Mode,
): DirectionResult {
  if (isFailsafe(direction, flow)) return exempt(direction, end, 'failsafe port')
  const other = direction === 'egress' ? ends.destination : ends.source
  if (other.kind === 'pod' && other.pod.node === end.host.node)
    return exempt(direction, end, 'between a node and its own pods host policy has no say')
  const input = { end, direction, flow, ends, prepared, mode }
  const early = judgeEarly(input, input)
  if (early) return resultOf(direction, end, early)
  const judged = judgeStage(
    input,
    (policy) => policy.stage === 'normal',
    false,
    (matches) => walkProfiles(end.host.profiles, direction, prepared.lookup.profile, matches),
  )
  return resultOf(direction, end, judged)
}

const interfaceOf = ({ title, address }: End): MissingFact => ({
  kind: 'endpoint',
  text: `which interface of ${title}${address ? ` has ${printAddress(address)}` : ''}`,
})

/** What people and logs see of a result; without a host endpoint it is that of an exemption. */
const seen = (result: DirectionResult | undefined) => JSON.stringify([result?.verdict ?? 'allow', result?.trace ?? []])

/**
 * What a node itself sends or receives, by the host endpoint that stands for it; undefined where none does. Of several that
 * may stand for it nothing is said unless all say the same.
 */
export function judgeNode(
  end: End,
  direction: Direction,
  flow: Flow,
  ends: Ends,
  prepared: Prepared,
  mode: Mode,
): DirectionResult | undefined {
  if (end.kind === 'host') return judgeHost(end, direction, flow, ends, prepared, mode)
  if (end.kind !== 'node' || !end.mayBe) return undefined
  const { names, address } = end
  const results = end.mayBe.map(
    (host) =>
      host && judgeHost(hostEndAt(host, prepared.lookup, names, address), direction, flow, ends, prepared, mode),
  )
  const [first] = results
  const isAgreed = first && results.every((result) => seen(result) === seen(first))
  return isAgreed ? { ...first, endpoint: end.title } : unknownResult(direction, end, interfaceOf(end))
}

/** The flow as it was before address translation. */
function beforeDnat(input: StageInput, hop: ForwardHop): StageInput {
  const { beforeDnat } = hop
  if (!beforeDnat) return input
  const destination: End = {
    kind: 'outside',
    address: beforeDnat.address,
    names: noNames,
    title: 'the address dialled',
  }
  const { port, ...flow } = input.flow
  const dialled = beforeDnat.port ?? port
  return {
    ...input,
    flow: { ...flow, ...(dialled !== undefined && { port: dialled }) },
    ends: { ...input.ends, destination },
  }
}

/** Traffic that a host endpoint forwards. */
export function judgeHop(hop: ForwardHop, flow: Flow, ends: Ends, prepared: Prepared, mode: Mode): DirectionResult {
  const { direction } = hop
  const title = `host endpoint ${hop.hostEndpoint}`
  const host = prepared.lookup.hostEndpoint(hop.hostEndpoint)
  if (!host)
    return unknownResult(
      direction,
      { kind: 'missing', names: noNames, title },
      { kind: 'endpoint', text: `labels of ${title}` },
    )
  const end = hostEndAt(host, prepared.lookup, noNames, undefined)
  const input = { end, direction, flow, ends, prepared, mode }
  if (isFailsafe(direction, flow)) return exempt(direction, end, 'failsafe port')
  const early = judgeEarly(input, beforeDnat(input, hop))
  if (early) return resultOf(direction, end, early)
  const judged = judgeStage(input, (policy) => policy.stage === 'normal' && policy.applyOnForward, false, fall)
  return isUndecided(judged)
    ? exempt(direction, end, 'no policy applies to forwarded traffic here')
    : resultOf(direction, end, judged)
}

// What policies say of a connection to one of several endpoints, when nobody saw which: what they say whichever it was, else
// that it cannot be told. Pure.
import type { PolicyHit } from '@margay/model'
import type { DirectionResult, Evaluation, Followed, MissingFact, Verdict } from '@margay/policy'

/** What would have to be known. */
export const whichEndpoint = (service: string): MissingFact => ({
  kind: 'endpoint',
  text: `which endpoint of ${service}`,
})

const isSameHit = (a: PolicyHit, b: PolicyHit | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The hits with which all traces begin. */
function sharedTrace([first, ...others]: readonly DirectionResult[]): readonly PolicyHit[] {
  const trace = first?.trace ?? []
  const end = trace.findIndex((hit, at) => !others.every((other) => isSameHit(hit, other.trace[at])))
  return end < 0 ? trace : trace.slice(0, end)
}

/** What is not known whoever it was; else who it was. */
function missingOf(results: readonly DirectionResult[], service: string): readonly MissingFact[] {
  const [first, ...others] = results
  const isEverywhere = ({ text }: MissingFact) =>
    others.every(({ missing }) => missing.some((fact) => fact.text === text))
  const shared = results.every(({ verdict }) => verdict === 'unknown') ? first!.missing.filter(isEverywhere) : []
  return shared.length > 0 ? shared : [whichEndpoint(service)]
}

/** One direction; an end under no policy lets all pass. */
function agreedResult(all: readonly (DirectionResult | undefined)[], service: string): DirectionResult | undefined {
  const results = all.filter((result) => result !== undefined)
  const [first] = results
  if (!first) return undefined
  const verdicts = new Set(all.map((result): Verdict => result?.verdict ?? 'allow'))
  const trace = sharedTrace(results)
  const isOne = results.every((result) => result.trace.length === trace.length)
  if (verdicts.size > 1 || first.verdict === 'unknown') {
    const missing = results.length === all.length ? missingOf(results, service) : [whichEndpoint(service)]
    return { ...first, verdict: 'unknown', trace, decision: { by: 'missing-fact' }, missing }
  }
  if (isOne && results.length === all.length) return first
  // Decided alike, by one rule or another: a copy of the hits, for whoever tells traces apart by their identity.
  return { ...first, trace: [...trace], decision: { by: 'missing-fact' } }
}

function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('deny')) return 'deny'
  return verdicts.includes('unknown') ? 'unknown' : 'allow'
}

/** The evaluations of one flow to each of the endpoints, as one. There is at least one. */
export function agreed(evaluations: readonly Evaluation[], service: string): Evaluation {
  const source = agreedResult(
    evaluations.map((each) => each.source),
    service,
  )
  const destination = agreedResult(
    evaluations.map((each) => each.destination),
    service,
  )
  const results = [source, destination].filter((result) => result !== undefined)
  return {
    verdict: worstOf(results.map(({ verdict }) => verdict)),
    ...(source && { source }),
    ...(destination && { destination }),
    hops: [],
    missing: results.flatMap(({ missing }) => missing),
  }
}

/** An answer that is the same object for as long as those that it is made of are. */
function createJoin(service: string): (now: readonly Evaluation[]) => Evaluation {
  let known: { readonly of: readonly Evaluation[]; readonly evaluation: Evaluation } | undefined
  return (now) => {
    if (known?.of.every((each, at) => each === now[at])) return known.evaluation
    known = { of: now, evaluation: agreed(now, service) }
    return known.evaluation
  }
}

/** Follows a flow to each of the endpoints. */
export function followAgreed(each: readonly Followed[], service: string): Followed {
  const [joinEnforced, joinPending] = [createJoin(service), createJoin(service)]
  const enforced = () => joinEnforced(each.map((one) => one.enforced()))
  return {
    enforced,
    pending() {
      const now = each.map((one) => one.enforced())
      const pending = each.map((one) => one.pending())
      // The very same where staged policies make no difference.
      return pending.every((one, at) => one === now[at]) ? joinEnforced(now) : joinPending(pending)
    },
  }
}

// Since when what a look finds was there. An object that is found at a first look, or after a time in which nobody watched, is
// older than the look: it holds since it was made. Where it was edited since (its generation is not the first), what it said
// before the look is not known, and a policy of that time is one of which nothing is known but that it was there. What must
// stay true: what is told of the past ends in what is told of the present.
import type { Step } from '@margay/policy'
import { policyKey, unreadPolicy } from '@margay/policy'

/** What an object says of itself, and when it was first read. Unix seconds. */
export interface Look {
  /** When it was made, 0 where it always was. */
  readonly since: number
  /** Absent from kinds that are not edited, and from files. */
  readonly generation: number | undefined
  readonly at: number
}

/** A change of the past; at 0 it always was so. */
export interface Dated {
  readonly step: Step
  readonly at: number
}

/** Kinds that verdicts rest on by themselves. Pods and namespaces are there before any flow of theirs. */
const deciding: ReadonlySet<string> = new Set(['policy', 'networkSet', 'tier', 'hostEndpoint', 'profile'])

function metadataOf(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { metadata } = document
  return typeof metadata === 'object' && metadata !== null ? (metadata as Readonly<Record<string, unknown>>) : {}
}

export interface LookTimes {
  readonly at: number
  /** It cannot have come before; somebody watched until then. */
  readonly after: number
  /** Since when what does not say so holds, as what is in files. */
  readonly otherwise: number
}

/** Reads a document that was found at a moment. */
export function lookAt(document: Readonly<Record<string, unknown>>, { at, after, otherwise }: LookTimes): Look {
  const { creationTimestamp, generation } = metadataOf(document)
  const made = creationTimestamp instanceof Date ? creationTimestamp.getTime() : Date.parse(String(creationTimestamp))
  return {
    // By a clock that is ahead of ours it may be made before it is.
    since: Number.isNaN(made) ? otherwise : Math.min(Math.max(made / 1000, after), at),
    generation: typeof generation === 'number' ? generation : undefined,
    at,
  }
}

/** The policy as it was before the look; undefined where it was as it is, and for kinds that are taken to have been. */
function before({ forward }: Step, { generation = 1 }: Look) {
  if (generation <= 1 || !('put' in forward) || forward.put !== 'policy' || forward.value.staged) return undefined
  const what = `rules of that moment of ${policyKey(forward.value)}: its generation ${generation} is the first that was read`
  return unreadPolicy(forward.value, what)
}

/** The step as it is to be told of the past; undefined where it is no object that comes to be, or none that decides. */
export function datedSteps(step: Step, look: Look): readonly Dated[] | undefined {
  const { forward, backward } = step
  if (!('put' in forward) || !deciding.has(forward.put) || !('remove' in backward)) return undefined
  const unread = before(step, look)
  if (!unread) return [{ step, at: look.since }]
  const then = { put: 'policy', value: unread } as const
  return [
    { step: { forward: then, backward }, at: look.since },
    { step: { forward, backward: then }, at: look.at },
  ]
}

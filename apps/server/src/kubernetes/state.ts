// How the source stands, in one sentence for people: worst first.
import type { StageState } from '@margay/kit'
import type { Lost } from './contact.ts'
import type { Resource } from './discovery.ts'
import type { FollowState } from './follow.ts'
import { missingRules, refusalWords } from './refusal.ts'

export interface Standing {
  readonly server: string
  readonly lost: Lost | undefined
  /** What is wrong with reading what the server serves, where something is. */
  readonly discovery: string | undefined
  /** By kind; undefined before anything is known of it. */
  readonly kinds: readonly (readonly [resource: Resource, state: FollowState | undefined])[]
}

const reachHint =
  'names and verdicts are those of the last answer until it is back; see that the API server runs and that this server may reach it'

const failing = (kinds: Standing['kinds']) =>
  kinds.flatMap(([{ resource }, state]) => (state?.state === 'failing' ? [`${resource}: ${state.detail}`] : []))

export function stageOf({ server, lost, discovery, kinds }: Standing): StageState {
  if (lost) {
    const since = new Date(lost.since).toISOString()
    return {
      state: 'degraded',
      detail: `the API server at ${server} has not answered since ${since}: ${lost.detail}`,
      hint: reachHint,
    }
  }
  const refusals = kinds.flatMap(([resource, state]) =>
    state?.state === 'refused' ? [{ resource, verb: state.verb }] : [],
  )
  if (refusals.length > 0) {
    return {
      state: 'degraded',
      detail: `the API server does not allow this server to ${refusalWords(refusals)}`,
      hint: `add to the rules of this server's ClusterRole:\n${missingRules(refusals)}`,
    }
  }
  const problems = [...(discovery === undefined ? [] : [`discovery: ${discovery}`]), ...failing(kinds)]
  if (problems.length > 0) {
    return { state: 'degraded', detail: `reading from ${server} fails: ${problems[0]}`, hint: reachHint }
  }
  return { state: kinds.length > 0 && kinds.every(([, state]) => state) ? 'ok' : 'starting' }
}

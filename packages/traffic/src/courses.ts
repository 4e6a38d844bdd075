// How a conversation's connections may go, and what the agents at both ends then see of them. One table, so that what the two
// ends tell fits together. Which course is taken when is a matter of policies.ts and incidents.ts.
import type { Sight } from './exemplars.ts'
import type { Fate } from './incidents.ts'
import type { Judgement } from './policies.ts'

export type Outcome = 'established' | 'refused' | 'unanswered' | 'dropped'

/** What one end reports. */
export interface Seen {
  readonly outcome: Outcome
  /** The kernel's name of the reason why it threw packets away. */
  readonly dropReason?: string
  /** What is kept of a connection that is worth it. */
  readonly sight?: Sight
}

export interface Course {
  readonly source: Seen
  /** What the destination's agent sees of those that this happens to, beside the ones that are established. */
  readonly dest?: Seen
  /** Share of the connections that this happens to; the others go as usual. */
  readonly share: number
  /** Times that the source asks for one connection, as far as nothing comes back. */
  readonly syns: number
  /** Smoothed round trip, microseconds, where it is not the conversation's own. */
  readonly rttUs?: number
}

const byRule = 'NETFILTER_DROP'
/** How most of them go, at either end. */
export const established: Seen = { outcome: 'established' }
/** Linux asks again after 1, 2 and 4 seconds; then most programs have given up. */
const asked = 4
const lost: Seen = { outcome: 'unanswered', sight: { went: 'unanswered', syns: asked } }
const thrownAway: Seen = {
  outcome: 'dropped',
  dropReason: byRule,
  sight: { went: 'dropped', dropReason: byRule, syns: asked },
}
/** One repetition, and the answer to it. */
const crowdedHandshakeUs = 1_031_000
const farUs = 640_000

const usual: Course = { source: established, share: 1, syns: 1 }
const deniedHere: Course = { source: thrownAway, share: 1, syns: asked }
const deniedThere: Course = { source: lost, dest: thrownAway, share: 1, syns: asked }

const courses: { readonly [F in Exclude<Fate, 'absent'>]: Course } = {
  usual,
  refused: {
    source: { outcome: 'refused', sight: { went: 'refused', syns: 1 } },
    dest: {
      outcome: 'refused',
      dropReason: 'NO_SOCKET',
      sight: { went: 'refused', dropReason: 'NO_SOCKET', syns: 1 },
    },
    share: 1,
    syns: 1,
  },
  unanswered: { source: lost, share: 1, syns: asked },
  silent: { source: lost, share: 1, syns: asked },
  crowded: {
    source: {
      outcome: 'established',
      sight: { went: 'slow', syns: 2, handshakeUs: crowdedHandshakeUs },
    },
    dest: {
      outcome: 'dropped',
      dropReason: 'TCP_LISTEN_OVERFLOW',
      sight: { went: 'dropped', dropReason: 'TCP_LISTEN_OVERFLOW', syns: 1 },
    },
    share: 0.3,
    syns: 2,
  },
  far: {
    source: { outcome: 'established', sight: { went: 'slow', rttUs: farUs } },
    share: 1,
    syns: 1,
    rttUs: farUs,
  },
}

/** What happens to connections with this fate that policy says this of. */
export function courseOf(fate: Exclude<Fate, 'absent'>, egress: Judgement, ingress: Judgement): Course {
  if (egress.action === 'deny') return deniedHere
  return ingress.action === 'deny' ? deniedThere : courses[fate]
}

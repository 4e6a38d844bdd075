// A connection as everybody saw it who saw anything of it: what the sentence and the evidence are made from. Data only.
import type { Exemplar, Row, SocketAddress } from '@margay/model'
import type { Place } from '@margay/wire'
import type { Reporter } from '../intern/agents.ts'
import type { PolicyNames } from './words.ts'

/** Where a report stands: at the source, at the destination, or where the connection was only forwarded. */
export type Standpoint = Exclude<Place, 'unknown'>

/** Records that are read for one question; where more speak of a connection, that is said. */
export const mostRecords = 5_000

/** One report of the connection. */
export interface View {
  readonly at: Standpoint
  /** Node whose agent reports. */
  readonly host: string
  readonly row: Row
  /** The connection itself, whole; absent where only a record of the pair is there. */
  readonly exemplar?: Exemplar
}

/** What the policies of that moment say, evaluated. */
export interface PolicyOpinion {
  readonly verdict: 'allow' | 'deny' | 'unknown'
  /** Who the destination is would have to be known: its address is none of the outside. */
  readonly isWhoUnknown?: boolean
  /** At which end it is denied. */
  readonly where?: 'source' | 'destination'
  /** The deciding hit as it is stored. */
  readonly hit?: string
  /** Every policy that makes the end of its tier deny, where that is what decides. */
  readonly isolating?: readonly string[]
  /** Of the policies in the traces, the recorded one and that of the moment. */
  readonly names?: PolicyNames
  /** One for each direction, and what was left out. */
  readonly sentences: readonly string[]
  /** `set label role = api on pod shop/checkout`. */
  readonly fix?: string
}

export interface Joined {
  readonly startMs: number
  readonly proto: string
  readonly source: SocketAddress
  readonly dest: SocketAddress
  readonly dialled?: SocketAddress
  readonly names: { readonly source: string; readonly dest: string }
  /** The destination is no endpoint of the cluster. */
  readonly leavesCluster: boolean
  /** The destination is a node or a service, for which a pod answers: behind it the connection has other addresses. */
  readonly isHandedOn: boolean
  /** The service that was dialled, as `pay/api`, where nobody saw to which of its endpoints it went. */
  readonly service?: string
  /** Reports of this very connection. */
  readonly views: readonly View[]
  /** Reports of the pair in that time that do not name it. */
  readonly pair: readonly View[]
  readonly reporters: { readonly source: Reporter; readonly dest: Reporter }
  /** So young that the other end's records may not be in yet. */
  readonly isFresh: boolean
  /** More records speak of it than were read, so that nobody's silence means anything. */
  readonly isCrowded: boolean
  readonly policy?: PolicyOpinion
}

export const viewsAt = ({ views }: Joined, at: Standpoint): readonly View[] => views.filter((view) => view.at === at)

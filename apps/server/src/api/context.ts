// What the handlers of the API are given, and what a handler is.
import type { AnswerOf, Health, RouteName, Routes } from '@margay/wire'
import type { Store } from '@margay/store'
import type { z } from 'zod'
import type { Reporter } from '../intern/agents.ts'
import type { Unseen } from '../kubernetes/index.ts'
import type { ObjectHistory } from '../objects/index.ts'
import type { Live } from '../live/live.ts'
import type { Intake } from '../receivers/intake.ts'
import type { AddressMoment } from '../segment/ingest-protocol.ts'
import type { ClusterStates } from './cluster/state.ts'

/** What is asked of the ingest thread about the ends of connections. */
export interface EndsDeps {
  /** Who reports what each address does at its moment, in the order asked. */
  readonly reporters: (of: readonly AddressMoment[]) => Promise<readonly Reporter[]>
}

export interface ApiDeps {
  readonly store: Pick<Store, 'ask' | 'stream' | 'state'>
  /** Name of the cluster whose objects are known: figures that stand beside them are of its traffic. */
  readonly cluster: string
  readonly live: Live
  readonly intake: Intake
  /** Every version of the cluster's objects. */
  readonly objects: Pick<ObjectHistory, 'at' | 'present' | 'changes'>
  /** Kinds of objects that verdicts rest on and that were never read. */
  readonly unseen: () => readonly Unseen[]
  readonly ends: EndsDeps
  readonly health: () => Promise<Health>
  /** Whether agents and people are taken. */
  readonly isReady: () => boolean
  /** A part has hung for so long that only a new start helps. */
  readonly isStuck: () => boolean
  /** Our own metrics in Prometheus' text format. */
  readonly metrics: () => string
  /** Unix seconds. */
  readonly now: () => number
  /** Tells of a fault of ours; nothing of what people asked for gets in. */
  readonly onFault: (error: unknown, request: { readonly id: string; readonly route: string }) => void
}

/** What handlers have beyond that: things that are made of it once. */
export interface HandlerDeps extends ApiDeps {
  /** The cluster of a moment, made ready for questions. */
  readonly states: ClusterStates
}

type Decoded<K extends RouteName, P extends 'body' | 'search'> = Routes[K] extends {
  readonly [key in P]: infer S extends z.ZodType
}
  ? z.output<S>
  : undefined

export interface Asked<K extends RouteName> {
  readonly body: Decoded<K, 'body'>
  readonly search: Decoded<K, 'search'>
  /** What stands in the path for `{name}`. */
  readonly params: Readonly<Record<string, string>>
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

/** Answers a request with JSON. */
export type JsonHandler<K extends RouteName> = (
  asked: Asked<K>,
  deps: HandlerDeps,
) => AnswerOf<K> | Promise<AnswerOf<K>>

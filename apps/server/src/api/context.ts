// What the handlers of the API are given, and what a handler is.
import type { AnswerOf, Health, RouteName, Routes } from '@margay/wire'
import type { Store } from '@margay/store'
import type { z } from 'zod'
import type { Live } from '../live/live.ts'
import type { Intake } from '../receivers/intake.ts'

export interface ApiDeps {
  readonly store: Pick<Store, 'ask' | 'stream'>
  readonly live: Live
  readonly intake: Intake
  readonly health: () => Promise<Health>
  /** Our own metrics in Prometheus' text format. */
  readonly metrics: () => string
  /** Unix seconds. */
  readonly now: () => number
  /** Tells of a fault of ours; nothing of what people asked for gets in. */
  readonly onFault: (error: unknown, request: { readonly id: string; readonly route: string }) => void
}

type Decoded<K extends RouteName, P extends 'body' | 'search'> = Routes[K] extends {
  readonly [key in P]: infer S extends z.ZodType
}
  ? z.output<S>
  : undefined

export interface Asked<K extends RouteName> {
  readonly body: Decoded<K, 'body'>
  readonly search: Decoded<K, 'search'>
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

/** Answers a request with JSON. */
export type JsonHandler<K extends RouteName> = (asked: Asked<K>, deps: ApiDeps) => AnswerOf<K> | Promise<AnswerOf<K>>

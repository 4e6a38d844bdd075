// Pairs questions with answers. A lookup is one question of one socket to one server, however often it was sent; the
// answer may be read before its question, and the same id and port may come again for another lookup. Bounded. Pure:
// times are given.
import { setNewest } from '@margay/kit'
import type { DnsMessage, DnsQuestion } from './message.ts'

/** What a socket's message is known by: socket, server, id. */
export type PairKey = string

export type Answer =
  | { readonly ok: true; readonly message: DnsMessage }
  | { readonly ok: false; readonly problem: string }

export interface Lookup<C> {
  /** Who asked, as the caller described it. */
  readonly client: C
  /** Absent where the answer alone was seen and is malformed. */
  readonly question: DnsQuestion | undefined
  readonly tries: number
  /** Undefined where no answer came in time. */
  readonly answer: Answer | undefined
  /** From the last question to the answer; undefined where one of them was not seen. */
  readonly latencyNs: number | undefined
}

export interface PairingConfig {
  readonly timeoutNs: number
  /** How long an answer waits for its question. */
  readonly orphanNs: number
  readonly maxPending: number
}

export interface Pairing<C> {
  ask(key: PairKey, timeNs: number, client: C, question: DnsQuestion): void
  answer(key: PairKey, timeNs: number, client: C, answer: Answer): void
  /** Ends what has waited too long. */
  expire(nowNs: number): void
  readonly pending: number
}

interface Pending<C> {
  readonly client: C
  readonly question: DnsQuestion
  tries: number
  lastAsked: number
}

interface Orphan<C> {
  readonly client: C
  readonly time: number
  readonly answer: Answer
  /** The key had been answered shortly before: without a question of its own this is a repeated answer. */
  readonly isRepeat: boolean
}

const sameQuestion = (a: DnsQuestion, b: DnsQuestion) => a.name === b.name && a.type === b.type && a.class === b.class

export function createPairing<C>(
  config: PairingConfig,
  deps: { readonly done: (lookup: Lookup<C>) => void; readonly lost: (what: string, count: number) => void },
): Pairing<C> {
  const pending = new Map<PairKey, Pending<C>>()
  const orphans = new Map<PairKey, Orphan<C>>()
  const answered = new Map<PairKey, number>()

  const finish = ({ client, question, tries, lastAsked }: Pending<C>, time?: number, answer?: Answer) =>
    deps.done({
      client,
      question,
      tries,
      answer,
      latencyNs: time === undefined ? undefined : Math.max(0, time - lastAsked),
    })

  const remember = (key: PairKey, time: number) => void setNewest(answered, key, time, config.maxPending)

  /** An answer whose question nobody saw: the lookup was made, its time is not known. */
  const finishOrphan = (key: PairKey, { client, answer, isRepeat }: Orphan<C>) => {
    orphans.delete(key)
    if (isRepeat) return
    const question = answer.ok ? answer.message.question : undefined
    deps.done({ client, question, tries: 1, answer, latencyNs: undefined })
  }

  const makeRoom = () => {
    if (pending.size < config.maxPending) return
    const [key, oldest] = pending.entries().next().value!
    pending.delete(key)
    finish(oldest)
    deps.lost('dns_pending_full', 1)
  }

  return {
    get pending() {
      return pending.size
    },
    ask(key, timeNs, client, question) {
      const orphan = orphans.get(key)
      if (orphan && orphan.time >= timeNs) {
        orphans.delete(key)
        remember(key, orphan.time)
        return finish({ client, question, tries: 1, lastAsked: timeNs }, orphan.time, orphan.answer)
      }
      if (orphan) finishOrphan(key, orphan)
      const known = pending.get(key)
      if (known && sameQuestion(known.question, question)) {
        known.tries++
        known.lastAsked = Math.max(known.lastAsked, timeNs)
        return
      }
      if (known) finish(known)
      pending.delete(key)
      makeRoom()
      pending.set(key, { client, question, tries: 1, lastAsked: timeNs })
    },
    answer(key, timeNs, client, answer) {
      const known = pending.get(key)
      // An answer older than the question belongs to an earlier use of the same id.
      if (known && timeNs >= known.lastAsked) {
        pending.delete(key)
        remember(key, timeNs)
        return finish(known, timeNs, answer)
      }
      const before = answered.get(key)
      const isRepeat = before !== undefined && timeNs - before < config.orphanNs
      if (orphans.size >= config.maxPending) return deps.lost('dns_orphans_full', 1)
      orphans.set(key, { client, time: timeNs, answer, isRepeat })
    },
    expire(nowNs) {
      for (const [key, lookup] of pending) {
        if (nowNs - lookup.lastAsked < config.timeoutNs) continue
        pending.delete(key)
        finish(lookup)
      }
      for (const [key, orphan] of orphans) if (nowNs - orphan.time >= config.orphanNs) finishOrphan(key, orphan)
      for (const [key, time] of answered) {
        if (nowNs - time < config.orphanNs) break
        answered.delete(key)
      }
    },
  }
}

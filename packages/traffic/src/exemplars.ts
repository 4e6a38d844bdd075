// The connections of a row that are kept whole, as agents keep them: of those that went wrong or were slow the two oldest and
// the two newest of the interval. Both ends tell of the same connections, so they are a function of pair and interval alone.
import type { Exemplar, Row, SocketAddress } from '@margay/model'
import { printExemplar } from '@margay/model'
import type { Interval } from './clock.ts'
import { createRandom, mix } from './random.ts'

/** What one end saw of a connection, beyond when it was and between whom. */
export type Sight = Omit<Exemplar, 'startMs' | 'proto' | 'source' | 'dest' | 'dialled'>

/** Connections between two addresses in one interval, as far as they are worth keeping. */
export interface Attempts {
  readonly seed: number
  readonly interval: Interval
  readonly count: number
  readonly proto: string
  readonly source: string
  readonly dest: SocketAddress
  /** The service's address, where one was dialled. */
  readonly dialled?: SocketAddress
}

const mostOldest = 2
const mostNewest = 2
/** Linux takes source ports from here on. */
const firstPort = 32_768
const ports = 28_232

/** Numbers of the attempts that are kept. */
function keptOf(count: number): readonly number[] {
  const numbers = Array.from({ length: Math.min(count, mostOldest + mostNewest) }, (_, at) => at)
  return numbers.map((at) => (at < mostOldest ? at : count - numbers.length + at))
}

function exemplarOf(attempts: Attempts, at: number, sight: Sight): Exemplar {
  const { seed, interval, count, proto, source, dest, dialled } = attempts
  const random = createRandom(mix(seed, interval.start, at))
  const seconds = interval.end - interval.start
  return {
    startMs: Math.round((interval.start + (seconds * (at + random())) / count) * 1000),
    proto,
    source: { ip: source, port: firstPort + Math.floor(random() * ports) },
    dest,
    ...(dialled && { dialled }),
    ...sight,
  }
}

/** The fields of a row. */
export function exemplarFields(attempts: Attempts, sight: Sight): Row {
  if (attempts.count === 0) return {}
  const exemplars = keptOf(attempts.count).map((at) => printExemplar(exemplarOf(attempts, at, sight)))
  return { exemplars, num_exemplars: attempts.count }
}

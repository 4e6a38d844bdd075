// The small parts: backoff, queue, log, metrics, health, errors.
import { describe, expect, it } from 'vitest'
import { createBackoff } from './backoff.ts'
import { CodedError, defineErrors } from './errors.ts'
import { createHealth } from './health.ts'
import { createKept } from './kept.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { setNewest } from './newest.ts'
import { atMost } from './part.ts'
import { createQueue } from './queue.ts'

describe('a map of the newest', () => {
  it('lets go what was set longest ago, and nothing where a key is set again', () => {
    const map = new Map<string, number>()
    for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) expect(setNewest(map, key, at, 2)).toBe(at)
    expect([...map]).toEqual([
      ['a', 2],
      ['c', 3],
    ])
  })
})

describe('kept answers', () => {
  /** Tells how often each key was asked for. */
  function setUp(config: Parameters<typeof createKept<string>>[0]) {
    const kept = createKept<string>(config)
    const asked: string[] = []
    const ask = (key: string, answer = Promise.resolve(key)) =>
      kept(key, () => {
        asked.push(key)
        return answer
      })
    return { ask, asked }
  }

  it('are shared while they are on their way, and the oldest of too many goes', async () => {
    const { ask, asked } = setUp({ max: 2 })
    await Promise.all([ask('a'), ask('a'), ask('b'), ask('c'), ask('b'), ask('a')])
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })
  it('are good for their time, and a failure is not kept', async () => {
    let now = 0
    const { ask, asked } = setUp({ max: 2, keepMs: () => 10, clock: () => now })
    await expect(ask('a', Promise.reject(new Error('gone')))).rejects.toThrow('gone')
    await ask('a')
    now = 9
    await ask('a')
    now = 10
    await ask('a')
    expect(asked).toEqual(['a', 'a', 'a'])
  })
})

describe('backoff', () => {
  it('grows to its most and starts again after a success', () => {
    const backoff = createBackoff({ firstMs: 100, mostMs: 500 }, () => 1)
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, 400, 500])
    backoff.reset()
    expect(backoff.next()).toBe(100)
  })
  it('waits at least half, whatever chance says', () => {
    expect(createBackoff({ firstMs: 100, mostMs: 500 }, () => 0).next()).toBe(50)
  })
})

describe('a wait of at most so long', () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

  it('ends with what it waits for, and leaves no timer that would keep the process', async () => {
    const before = timers()
    await atMost(3_600_000, Promise.resolve())
    await expect(atMost(3_600_000, Promise.reject(new Error('gone')))).rejects.toThrow('gone')
    expect(timers()).toBe(before)
  })
  it('ends without it when the time is over', async () => {
    await atMost(1, new Promise(() => {}))
  })
})

describe('queue', () => {
  it('refuses when full', () => {
    const queue = createQueue<number>({ limit: 2, whenFull: 'refuse' })
    expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false])
    expect([queue.shift(), queue.length]).toEqual([1, 1])
  })
  it('drops the oldest by weight and tells each', () => {
    const dropped: string[] = []
    const queue = createQueue<string>({
      limit: 5,
      whenFull: 'drop-oldest',
      weigh: (text) => text.length,
      onDrop: (text) => dropped.push(text),
    })
    for (const text of ['ab', 'c', 'defg']) queue.push(text)
    expect(dropped).toEqual(['ab'])
    expect(queue.push('too long')).toBe(false)
    expect(queue.weight).toBe(5)
  })
  it('takes an item back to its front', () => {
    const queue = createQueue<number>({ limit: 2, whenFull: 'refuse' })
    for (const item of [1, 2]) queue.push(item)
    queue.unshift(queue.shift()!)
    expect([queue.shift(), queue.shift(), queue.weight]).toEqual([1, 2, 0])
  })
  it('wakes the one who waits, and lets go on abort', async () => {
    const queue = createQueue<number>({ limit: 2, whenFull: 'refuse' })
    const stop = new AbortController()
    const taken = queue.take(stop.signal)
    queue.push(7)
    expect(await taken).toBe(7)
    const waiting = queue.take(stop.signal)
    stop.abort()
    expect(await waiting).toBeUndefined()
  })
  it('keeps its order over many items', () => {
    const queue = createQueue<number>({ limit: 10_000, whenFull: 'refuse' })
    for (let i = 0; i < 5000; i++) queue.push(i)
    const taken = Array.from({ length: 5000 }, () => queue.shift())
    expect(taken).toEqual(Array.from({ length: 5000 }, (_, index) => index))
    expect(queue.shift()).toBeUndefined()
  })
})

describe('log', () => {
  const capture = (form: 'json' | 'people') => {
    const lines: string[] = []
    let now = 0
    const log = createLogger({ level: 'info', form }, { write: (line) => lines.push(line), clock: () => now })
    return { log, lines, setTime: (ms: number) => (now = ms) }
  }
  it('writes JSON lines with the causes of errors', () => {
    const { log, lines } = capture('json')
    log
      .with({ part: 'ship' })
      .warn('send failed', { error: new Error('no answer', { cause: new Error('ECONNREFUSED') }) })
    log.debug('not at this level')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'warn',
        message: 'send failed',
        part: 'ship',
        error: 'no answer: ECONNREFUSED',
      },
    ])
  })
  it('is short for people', () => {
    const { log, lines } = capture('people')
    log.info('agent is connected', { node: 'n 1', tries: 2 })
    expect(lines).toEqual(['00:00:00.000 INFO  agent is connected node="n 1" tries=2\n'])
  })
  it('counts what it leaves out of a minute', () => {
    const { log, lines, setTime } = capture('json')
    for (let i = 0; i < 25; i++) log.info('again')
    expect(lines).toHaveLength(10)
    setTime(60_000)
    log.info('again')
    expect(lines.at(-1)).toContain('"left_out":15')
  })
  it('refuses observed data by type', () => {
    const { log } = capture('json')
    // @ts-expect-error addresses do not belong in our own log
    log.info('seen', { source_ip: '10.0.0.1' })
    expect(true).toBe(true)
  })
})

describe('metrics', () => {
  it('prints counters, gauges and histograms as Prometheus reads them', () => {
    const metrics = createMetrics()
    metrics.counter('frames_total', 'Frames received.').add(2, { result: 'o"k' })
    metrics.counter('frames_total', 'Frames received.').add(1, { result: 'o"k' })
    metrics.gaugeOf('queue_rows', 'Rows waiting.', () => 5)
    const seconds = metrics.histogram('insert_seconds', 'Time of an insert.', [0.1, 1])
    for (const value of [0.05, 0.5, 5]) seconds.observe(value)
    expect(metrics.text().split('\n')).toEqual([
      '# HELP margay_frames_total Frames received.',
      '# TYPE margay_frames_total counter',
      'margay_frames_total{result="o\\"k"} 3',
      '',
      '# HELP margay_queue_rows Rows waiting.',
      '# TYPE margay_queue_rows gauge',
      'margay_queue_rows 5',
      '',
      '# HELP margay_insert_seconds Time of an insert.',
      '# TYPE margay_insert_seconds histogram',
      'margay_insert_seconds_bucket{le="0.1"} 1',
      'margay_insert_seconds_bucket{le="1"} 2',
      'margay_insert_seconds_bucket{le="+Inf"} 3',
      'margay_insert_seconds_sum 5.55',
      'margay_insert_seconds_count 3',
      '',
    ])
  })
})

describe('health', () => {
  it('adds up losses and forgets a detail with the state it belonged to', () => {
    const health = createHealth()
    const stage = health.stage('ship', () => ({ queue: { length: 3, limit: 10, unit: 'rows' } }))
    stage.set({ state: 'failed', detail: 'no answer', hint: 'start the server' })
    stage.lose('spool_full', 2)
    stage.lose('spool_full', 3)
    stage.set({ state: 'ok' })
    expect(health.report()).toEqual({
      ship: { state: 'ok', queue: { length: 3, limit: 10, unit: 'rows' }, lost: { spool_full: 5 } },
    })
  })
})

describe('errors', () => {
  it('carry code, status and hint from the table', () => {
    const errors = defineErrors({ frame_broken: { status: 400, hint: 'send it again' } })
    const error = errors.frame_broken('checksum does not match', { cause: new Error('deep') })
    expect(error).toBeInstanceOf(CodedError)
    expect(error).toMatchObject({
      code: 'frame_broken',
      status: 400,
      hint: 'send it again',
      message: 'checksum does not match',
    })
  })
})

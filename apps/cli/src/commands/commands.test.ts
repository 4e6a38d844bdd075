import { describe, expect, it } from 'vitest'
import { eventOf } from '../tail.ts'
import { CliError } from '../fail.ts'
import { guessType, piecesOf, stoppedAt } from './import.ts'
import { createRepeats } from './observe.ts'
import { statusLines } from './status.ts'
import { createPaint } from '../output/paint.ts'

async function* chunks(texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text)
}

describe('import', () => {
  it.each([1, 3, 7, 1000])('cuts at ends of lines and knows how many went before, by %d bytes', async (size) => {
    const pieces: { text: string; linesBefore: number }[] = []
    for await (const { text, linesBefore } of piecesOf(chunks(['one\ntw', 'o\n', '\nfour\nfi', 've']), size)) {
      pieces.push({ text: text.toString(), linesBefore })
    }
    expect(pieces.map(({ text }) => text).join('')).toBe('one\ntwo\n\nfour\nfive')
    for (const [index, { linesBefore, text }] of pieces.entries()) {
      const before = pieces
        .slice(0, index)
        .map((piece) => piece.text)
        .join('')
      expect(linesBefore).toBe(before.split('\n').length - 1)
      expect(text.endsWith('\n') || index === pieces.length - 1).toBe(true)
    }
  })

  it('says how far it came where the server went away, so that nothing has to be sent twice', () => {
    const gone = new CliError('no Margay server answers', 3)
    const stop = stoppedAt('day.ndjson', { linesBefore: 5000 }, { accepted: 4990 })
    expect(() => stop(gone)).toThrow(/day\.ndjson:5001; 4,990 rows before it are stored.*tail -n \+5001[^]*no Margay/)
    expect(() => stoppedAt('x', { linesBefore: 0 }, { accepted: 0 })(gone)).toThrow(
      /x:1; 0 rows before it are stored\n/,
    )
  })

  it('tells lookups from flows by their first record', () => {
    expect(guessType('{"qname":"x.test"}')).toBe('dns')
    expect(guessType('{"type":"UNLOGGED","count":3}')).toBe('dns')
    expect(guessType('{"action":"allow"}')).toBe('flows')
    expect(guessType('oops')).toBe('flows')
  })
})

describe('observe', () => {
  it('leaves out a lasting row that repeats what was shown as provisional, for one interval', () => {
    let now = 0
    const repeats = createRepeats(() => now)
    const record = { source_ip: '10.0.0.1', dest_ip: '10.0.0.2', dest_port: 80 }
    expect(repeats.isRepeat(record)).toBe(false)
    repeats.note({ ...record, bytes_in: 5 })
    now = 12_000
    expect(repeats.isRepeat({ ...record, bytes_in: 900 })).toBe(true)
    expect(repeats.isRepeat({ ...record, dest_port: 81 })).toBe(false)
    now = 31_000
    expect(repeats.isRepeat(record)).toBe(false)
  })

  it('reads events with exact integers and passes over what it does not know', () => {
    const block = 'event: rows\ndata: {"id":"a","provisional":false,"rows":[{"bytes_in":18446744073709551615}]}'
    expect(eventOf(block)).toEqual({
      kind: 'rows',
      id: 'a',
      provisional: false,
      rows: [{ bytes_in: 18_446_744_073_709_551_615n }],
    })
    expect(eventOf('retry: 1000')).toBeUndefined()
    expect(eventOf('event: news\ndata: {}')).toBeUndefined()
  })
})

describe('status', () => {
  it('gives one line a part with queue, lag and loss in words', () => {
    const lost = [{ what: 'ring_full', count: 1234, since: 0 }]
    const lines = statusLines(
      {
        state: 'degraded',
        version: '0.1.0',
        demo: true,
        now: 0,
        startedAt: 0,
        parts: [
          {
            name: 'segments',
            state: 'degraded',
            says: 'the disk is slow',
            hint: 'look at iostat',
            queue: { length: 5, limit: 10 },
            lagSeconds: 4.2,
            ratePerSecond: 1500,
            lost,
            figures: {},
          },
        ],
        sources: [],
        tables: [{ logType: 'flows', rows: 1_000_000, bytes: 16_000_000 }],
      },
      'http://127.0.0.1:8585',
      createPaint('never'),
    )
    expect(lines).toEqual([
      '! degraded all                Margay 0.1.0 at http://127.0.0.1:8585, demo data',
      '! degraded segments           the disk is slow · 5 of 10 waiting · 4 s behind · 1,500/s · lost: 1,234 ring_full · look at iostat',
      '✓ ready    table flows        1,000,000 rows, 16.0 MB',
    ])
  })
})

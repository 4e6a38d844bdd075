// What a hostile sender may cost: batches are cut by lines and bytes, names of unknown members are few.
import { flowLog } from '@margay/model'
import { describe, expect, it } from 'vitest'
import type { NdjsonBatch } from './ndjson.ts'
import { readNdjson } from './ndjson.ts'

const now = 1_793_000_600
const limits = { maxLineBytes: 100_000, batchRows: 10, batchBytes: 50_000, earliest: 0 }

async function batchesOf(text: string | Uint8Array, pieceBytes = 7): Promise<readonly NdjsonBatch[]> {
  const bytes = Buffer.from(text as string)
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  const batches: NdjsonBatch[] = []
  for await (const batch of readNdjson(flowLog, pieces(), limits, now)) batches.push(batch)
  return batches
}

const line = (members: object = {}) =>
  JSON.stringify({
    start_time: now - 60,
    end_time: now - 45,
    action: 'allow',
    reporter: 'src',
    proto: 'tcp',
    ...members,
  })

describe('records as lines', () => {
  it('cuts batches by lines, bad ones too', async () => {
    const batches = await batchesOf(`${'oops\n'.repeat(95)}${line()}`, 1000)
    expect(batches.map(({ refused, rows }) => refused + rows.length)).toEqual([...Array(9).fill(10), 6])
    expect(Math.max(...batches.map(({ problems }) => problems.length))).toBe(10)
    expect(batches.at(-1)?.problems.at(-1)?.line).toBe(95)
  })

  it('cuts batches by bytes, however few lines they are', async () => {
    const long = `${line({ process_name: 'x'.repeat(30_000) })}\n`
    const batches = await batchesOf(long.repeat(5), 10_000)
    expect(batches.map(({ rows }) => rows.length)).toEqual([2, 2, 1])
  })

  it('tells a hundred names of unknown members, and the row is kept', async () => {
    const odd = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`odd_${index}`, 1]))
    const [batch] = await batchesOf(line(odd), 1000)
    expect([batch?.rows.length, batch?.unknown.size]).toEqual([1, 100])
  })

  it.each([
    ['a byte order mark and line ends of Windows', `\uFEFF${line()}\r\n${line()}\r\n`, 2, []],
    ['a last line that is torn', `${line()}\n${line().slice(0, 40)}`, 1, [2]],
    ['empty lines', `\n\r\n  \n${line()}\n\n`, 1, []],
    ['values that are no object', `1\n"x"\nnull\n[]\n${line()}`, 1, [1, 2, 3, 4]],
    ['a line over the limit', `{"a":"${'x'.repeat(100_000)}"}\n${line()}`, 1, [1]],
    ['brackets that open for ever', `${'['.repeat(90_000)}\n${line()}`, 1, [1]],
  ] as const)('reads around %s, whatever the pieces', async (_, text, rows, bad) => {
    for (const pieceBytes of [3, 1 << 20]) {
      const batches = await batchesOf(text, pieceBytes)
      expect(batches.flatMap((batch) => batch.rows)).toHaveLength(rows)
      expect(batches.flatMap(({ problems }) => problems.map((problem) => problem.line))).toEqual(bad)
    }
  })

  it('refuses bytes that are no UTF-8 by line', async () => {
    const bytes = Buffer.concat([Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), Buffer.from(line())])
    const batches = await batchesOf(bytes)
    expect(batches.flatMap(({ problems }) => problems)).toMatchObject([{ line: 1, problem: 'is not UTF-8' }])
    expect(batches.flatMap(({ rows }) => rows)).toHaveLength(1)
  })
})

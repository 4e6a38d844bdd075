// What every store engine must do, whichever it is. An engine's own test file calls this with a way to open one.
import type { LogType, Row } from '@margay/model'
import { dnsLog, flowLog, logTypes } from '@margay/model'
import type { Answer, Measure, Question, SelectGroups, SelectRows } from '@margay/query'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asAnswered } from '../schema/as-stored.ts'
import type { AskOptions, Store } from '../store.ts'
import { propertyRuns, rowArbitrary } from './arbitrary.ts'
import { countedContract } from './counted-contract.ts'
import { blocksOf, insertRows } from './stores.ts'

export interface OpenedStore {
  readonly store: Store
  /** Removes all rows. */
  clear(): Promise<void>
  close(): Promise<void>
}

const noon = 1_793_016_000
const hour = 3_600
const range = { from: { at: noon - 2 * hour }, to: { at: noon + hour } }
const options: AskOptions = { now: noon }

type Rows = Extract<Answer, { kind: 'rows' }>
type Groups = Extract<Answer, { kind: 'groups' }>

const newestFirst: SelectRows = { kind: 'rows', limit: 1_000, sort: { field: 'start_time', descending: true } }

const questionOf = (type: LogType, select: Question['select'], more: Partial<Question> = {}): Question => ({
  logType: type.name,
  range,
  filter: { kind: 'all' },
  reports: 'every',
  select,
  ...more,
})

const newestOf = (type: LogType): SelectRows => ({ ...newestFirst, sort: { field: type.time, descending: true } })

async function rowsOf(store: Store, type: LogType, select = newestOf(type), more?: Partial<Question>): Promise<Rows> {
  const { answer } = await store.ask(questionOf(type, select, more), options)
  if (answer.kind !== 'rows') throw new Error('rows are expected')
  return answer
}

async function groupsOf(
  store: Store,
  type: LogType,
  select: Omit<SelectGroups, 'kind' | 'limit'> & { limit?: number },
  more?: Partial<Question>,
): Promise<Groups> {
  const { answer } = await store.ask(questionOf(type, { kind: 'groups', limit: 1_000, ...select }, more), options)
  if (answer.kind !== 'groups') throw new Error('groups are expected')
  return answer
}

const measureOf = async (store: Store, type: LogType, measure: Measure) =>
  (await groupsOf(store, type, { by: [], measures: { m: measure } })).groups[0]?.measures['m']

/** Rows in an order that does not depend on the engine, for comparison as sets with repetition. */
const sorted = (rows: readonly Row[]) => rows.map((row) => show(row)).sort()
const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)
const show = (row: Row) =>
  JSON.stringify(Object.entries(row).sort(byName), (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )

const flow = (more: Row = {}): Row => ({ start_time: noon, reporter: 'src', counts: true, ...more })

async function allPages(store: Store, type: LogType, select: SelectRows): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const page = await rowsOf(store, type, { ...select, ...(cursor !== undefined && { cursor }) })
    expect(page.rows.length).toBeLessThanOrEqual(select.limit)
    rows.push(...page.rows)
    cursor = page.cursor
  } while (cursor !== undefined)
  return rows
}

export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`the store contract: ${name}`, () => {
    let opened: OpenedStore
    let store: Store
    beforeAll(async () => {
      opened = await open()
      store = opened.store
    })
    beforeEach(() => opened.clear())
    afterAll(() => opened.close())

    describe('totals', () => countedContract(() => opened))

    describe('rows', () => {
      it.each(logTypes)('gives back any row of $name as it was, absent fields absent', async (type) => {
        const rowArrays = fc.array(rowArbitrary(type, { from: noon, seconds: 600 }), { minLength: 1, maxLength: 20 })
        await fc.assert(
          fc.asyncProperty(rowArrays, async (rows) => {
            await opened.clear()
            await insertRows(store, type, rows)
            expect(sorted((await rowsOf(store, type)).rows)).toEqual(sorted(rows.map((row) => asAnswered(type, row))))
          }),
          propertyRuns(15),
        )
      })

      it('keeps all 64 bits, in rows and in sums beyond them', async () => {
        const values = [9_007_199_254_740_993n, 18_446_744_073_709_551_615n, 18_446_744_073_709_551_615n, 1]
        await insertRows(
          store,
          flowLog,
          values.map((bytes_in) => flow({ bytes_in })),
        )
        const { rows } = await rowsOf(store, flowLog)
        const digits = rows.map(({ bytes_in }) => String(bytes_in)).sort()
        expect(digits).toEqual(['1', '18446744073709551615', '18446744073709551615', '9007199254740993'])
        expect(await measureOf(store, flowLog, { sum: 'bytes_in' })).toBe(36_902_495_346_673_844_224n)
        expect(await measureOf(store, flowLog, { max: 'bytes_in' })).toBe(18_446_744_073_709_551_615n)
      })

      it('keeps ten equal rows ten, and a block sent again one', async () => {
        const rows = Array.from({ length: 10 }, () => flow({ source_name: 'same' }))
        const blocks = blocksOf(flowLog, rows)
        for (const block of [...blocks, ...blocks]) await store.insert(block)
        expect((await rowsOf(store, flowLog)).rows).toHaveLength(10)
      })

      it('takes the same rows three times under three tokens, and none more when one token comes again', async () => {
        const rows = Array.from({ length: 1_000 }, (_, index) => flow({ source_name: `pod-${index % 7}` }))
        for (const token of ['one', 'two', 'three', 'two']) await insertRows(store, flowLog, rows, token)
        expect(await measureOf(store, flowLog, { rows: true })).toBe(3_000)
      })

      it('parts a block by UTC day and finds every day', async () => {
        const midnight = 1_793_059_200
        const rows = [midnight - 1, midnight, midnight + 86_400].map((start_time) => flow({ start_time }))
        const blocks = blocksOf(flowLog, rows)
        expect(blocks.map(({ rows: count, token }) => [count, token.slice(-10)])).toEqual([
          [1, '2026-10-26'],
          [1, '2026-10-27'],
          [1, '2026-10-28'],
        ])
        for (const block of blocks) await store.insert(block)
        const wide = { range: { from: { at: midnight - 1 }, to: { at: midnight + 86_401 } } }
        expect((await rowsOf(store, flowLog, newestFirst, wide)).rows).toHaveLength(3)
        expect(
          (await rowsOf(store, flowLog, newestFirst, { range: { from: { at: midnight - 1 }, to: { at: midnight } } }))
            .rows,
        ).toHaveLength(1)
      })
    })

    describe('pages', () => {
      const sorts: readonly SelectRows['sort'][] = [
        { field: 'start_time', descending: true },
        { field: 'start_time', descending: false },
        { field: 'bytes_in', descending: true },
        { field: 'source_name', descending: false },
        { field: 'dest_ip', descending: true },
        { field: 'action', descending: false },
      ]
      it.each(sorts)(
        'by $field, descending $descending, neither repeat nor lose a row, whatever the ties',
        async (sort) => {
          const rows = Array.from({ length: 97 }, (_, index) =>
            flow({
              start_time: noon - (index % 3) * 2_400,
              source_name: `pod-${index % 4}`,
              dest_ip: `10.0.0.${1 + (index % 2)}`,
              bytes_in: index % 5,
              process_id: String(index % 50),
              ...(index % 2 === 0 && { action: 'deny' }),
            }),
          )
          await insertRows(store, flowLog, rows)
          const paged = await allPages(store, flowLog, { kind: 'rows', limit: 7, sort })
          expect(sorted(paged)).toEqual(sorted(rows.map((row) => asAnswered(flowLog, row))))
          const atOnce = await rowsOf(store, flowLog, { kind: 'rows', limit: 1_000, sort })
          expect(paged.map(show)).toEqual(atOnce.rows.map(show))
        },
      )

      it('of more equal rows than a page is read ahead for are whole', async () => {
        const rows = Array.from({ length: 12_000 }, (_, index) => flow({ process_id: String(index) }))
        await insertRows(store, flowLog, rows)
        const paged = await allPages(store, flowLog, { ...newestFirst, limit: 5_000 })
        expect(new Set(paged.map(({ process_id }) => process_id)).size).toBe(12_000)
      })

      it('reads little for the newest rows of a long range', async () => {
        const rows = Array.from({ length: 200 }, (_, index) => flow({ start_time: noon - index * hour * 2 }))
        await insertRows(store, flowLog, rows)
        const long = { range: { from: { at: noon - 400 * hour }, to: { at: noon + 1 } } }
        const { answer, effort } = await store.ask(questionOf(flowLog, { ...newestFirst, limit: 3 }, long), options)
        expect(answer.kind === 'rows' && answer.rows.map(({ start_time }) => start_time)).toEqual([
          noon,
          noon - 2 * hour,
          noon - 4 * hour,
        ])
        expect(effort.rowsRead).toBeLessThan(200)
      })

      it('refuses a cursor that it did not give', async () => {
        await expect(rowsOf(store, flowLog, { ...newestFirst, cursor: 'bm8' })).rejects.toMatchObject({
          code: 'bad_cursor',
        })
      })

      it('streams every row of a question, page after page', async () => {
        await insertRows(
          store,
          flowLog,
          Array.from({ length: 25_000 }, (_, index) => flow({ start_time: noon - (index % 60) })),
        )
        let count = 0
        for await (const rows of store.stream(questionOf(flowLog, { ...newestFirst, limit: 24_000 }), options))
          count += rows.length
        expect(count).toBe(24_000)
      })
    })

    describe('groups', () => {
      const rows = [
        flow({
          source_name_aggr: 'a-*',
          bytes_in: 10,
          num_flows: 1,
          tcp_mean_smooth_rtt: 100,
          dest_domains: ['x.test', 'y.test'],
        }),
        flow({
          source_name_aggr: 'a-*',
          bytes_in: 20,
          num_flows: 3,
          tcp_mean_smooth_rtt: 200,
          dest_domains: ['x.test'],
        }),
        flow({ source_name_aggr: 'b-*', bytes_in: 5, num_flows: 1, start_time: noon + 70, action: 'deny' }),
        flow({ bytes_in: 1, reporter: 'dst', counts: false }),
      ]

      it('count, sum, and order by a measure', async () => {
        await insertRows(store, flowLog, rows)
        const { groups, truncated } = await groupsOf(store, flowLog, {
          by: [{ field: 'source_name_aggr' }],
          measures: { rows: { rows: true }, bytes: { sum: 'bytes_in' } },
          sort: { measure: 'bytes', descending: true },
        })
        expect(groups).toEqual([
          { key: ['a-*'], measures: { rows: 2, bytes: 30 } },
          { key: ['b-*'], measures: { rows: 1, bytes: 5 } },
          { key: [undefined], measures: { rows: 1, bytes: 1 } },
        ])
        expect(truncated).toBe(false)
      })

      it('say when the limit left some out', async () => {
        await insertRows(store, flowLog, rows)
        const by = [{ field: 'source_name_aggr' }]
        const cut = await groupsOf(store, flowLog, { by, measures: { rows: { rows: true } }, limit: 2 })
        expect([cut.groups.length, cut.truncated]).toEqual([2, true])
        const whole = await groupsOf(store, flowLog, { by, measures: { rows: { rows: true } }, limit: 3 })
        expect([whole.groups.length, whole.truncated]).toEqual([3, false])
      })

      it('leave out reports that would count twice', async () => {
        await insertRows(store, flowLog, rows)
        const total = { by: [], measures: { bytes: { sum: 'bytes_in' } } } as const
        expect((await groupsOf(store, flowLog, total, { reports: 'counted' })).groups[0]?.measures['bytes']).toBe(35)
        expect((await groupsOf(store, flowLog, total)).groups[0]?.measures['bytes']).toBe(36)
      })

      it('weigh a mean as its field says, and leave out what was not measured', async () => {
        await insertRows(store, flowLog, rows)
        expect(await measureOf(store, flowLog, { mean: 'tcp_mean_smooth_rtt' })).toBe(175)
        expect(await measureOf(store, flowLog, { mean: 'tcp_mean_mss' })).toBeUndefined()
        expect(await measureOf(store, flowLog, { min: 'tcp_mean_smooth_rtt' })).toBe(100)
        expect(await measureOf(store, flowLog, { max: 'tcp_mean_mss' })).toBeUndefined()
      })

      it('know distinct values, quantiles and the values themselves', async () => {
        await insertRows(store, flowLog, rows)
        expect(await measureOf(store, flowLog, { distinct: 'source_name_aggr' })).toBe(2)
        expect(await measureOf(store, flowLog, { distinct: 'dest_domains' })).toBe(2)
        expect(await measureOf(store, flowLog, { values: 'dest_domains', limit: 1 })).toEqual(['x.test'])
        expect(await measureOf(store, flowLog, { values: 'action', limit: 5 })).toEqual(['deny'])
        expect(await measureOf(store, flowLog, { quantile: 'bytes_in', at: 0.5 })).toBe(10)
        expect(await measureOf(store, flowLog, { quantile: 'tcp_mean_mss', at: 0.5 })).toBeUndefined()
      })

      it('go by time buckets and by the elements of a list', async () => {
        await insertRows(store, flowLog, rows)
        const buckets = await groupsOf(store, flowLog, { by: [{ timeBucket: 60 }], measures: { rows: { rows: true } } })
        expect(buckets.groups.map(({ key, measures }) => [key[0], measures['rows']])).toEqual([
          [noon, 3],
          [noon + 60, 1],
        ])
        const domains = await groupsOf(store, flowLog, {
          by: [{ field: 'dest_domains' }],
          measures: { rows: { rows: true } },
        })
        expect(domains.groups.map(({ key, measures }) => [key[0], measures['rows']])).toEqual([
          [undefined, 2],
          ['x.test', 2],
          ['y.test', 1],
        ])
      })

      it('answer with one empty total where no row is', async () => {
        const { groups } = await groupsOf(store, dnsLog, {
          by: [],
          measures: { rows: { rows: true }, lookups: { sum: 'count' }, worst: { max: 'latency_max' } },
        })
        expect(groups).toEqual([{ key: [], measures: { rows: 0, lookups: 0, worst: undefined } }])
      })

      const wrong: readonly [string, Question['select']][] = [
        ['a field', { kind: 'groups', by: [{ field: 'nspace' }], measures: {}, limit: 1 }],
        ['a measured field', { kind: 'groups', by: [], measures: { m: { sum: 'nspace' } }, limit: 1 }],
        ...(
          [
            ['sum of texts', { sum: 'source_name' }],
            ['sum of ports', { sum: 'dest_port' }],
            ['mean of words', { mean: 'action' }],
            ['quantile of addresses', { quantile: 'dest_ip', at: 0.5 }],
            ['maximum of lists', { max: 'dest_domains' }],
            ['minimum of hits', { min: 'policies.enforced_policies' }],
          ] as const
        ).map(([what, m]): [string, Question['select']] => [
          `a ${what}`,
          { kind: 'groups', by: [], measures: { m }, limit: 1 },
        ]),
        ['a sort', { kind: 'groups', by: [], measures: {}, sort: { measure: 'm', descending: true }, limit: 1 }],
        ['a list to sort by', { ...newestFirst, sort: { field: 'dest_domains', descending: true } }],
        ['a limit', { ...newestFirst, limit: 0 }],
      ]
      it.each(wrong)('refuse %s that makes no sense', async (_, select) => {
        await expect(store.ask(questionOf(flowLog, select), options)).rejects.toMatchObject({ code: 'bad_question' })
      })
    })

    describe('upkeep', () => {
      it('drops days that are too old, then the oldest over budget, and tells which', async () => {
        const day = 86_400
        const times = [0, 1, 2, 40].map((age) => noon - age * day)
        await insertRows(
          store,
          flowLog,
          times.map((start_time) => flow({ start_time })),
        )
        const old = await store.retain(new Map([['flows', { days: 30 }]]), noon)
        expect(old).toMatchObject([{ logType: 'flows', partition: '2026-09-16', rows: 1 }])
        const { tables } = await store.state()
        const bytes = tables.find(({ logType }) => logType === 'flows')!.bytes
        const over = await store.retain(new Map([['flows', { days: 30, maxBytes: Math.floor(bytes / 2) }]]), noon)
        expect(over.map(({ partition }) => partition)).toEqual(['2026-10-24', '2026-10-25'])
        expect(await measureOf(store, flowLog, { rows: true })).toBe(1)
      })

      it('tells rows, bytes and ends of every table', async () => {
        await insertRows(store, flowLog, [flow(), flow({ start_time: noon + 9 })])
        const { state, tables } = await store.state()
        expect(state).toBe('ready')
        expect(tables.find(({ logType }) => logType === 'flows')).toMatchObject({
          rows: 2,
          oldest: noon,
          newest: noon + 9,
        })
        expect(tables.find(({ logType }) => logType === 'dns')).toEqual({ logType: 'dns', rows: 0, bytes: 0 })
      })
    })
  })
}

import type { Fields, LogType } from '@margay/model'
import { field, flowLog, logTypes } from '@margay/model'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from '../embedded/engine.ts'
import { createEmbeddedStore } from '../embedded/store.ts'
import { adminOf } from '../embedded/tables.ts'
import { createEngine } from '../embedded/engine.ts'
import { insertRows, openTestEngine, temporaryDir, testEngine } from '../testing/stores.ts'
import { createTable, database, tableOf } from './ddl.ts'
import type { AdminEngine } from './migrate.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'

const noon = 1_793_016_000

/** The table as the first version made it, shortened: frozen, because it is what people's disks hold. */
const version1 = [
  `CREATE DATABASE margay ENGINE = Atomic`,
  `CREATE TABLE margay.schema_version (version UInt32, what String, applied DateTime('UTC') DEFAULT now()) ENGINE = MergeTree ORDER BY version`,
  `INSERT INTO margay.schema_version (version, what) VALUES (1, 'tables of the catalogue')`,
  `CREATE TABLE margay.flows (
    start_time DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    end_time DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    reporter Enum8('' = 0, 'src' = 1, 'dst' = 2) CODEC(ZSTD(1)),
    source_namespace LowCardinality(String) CODEC(ZSTD(1)),
    dest_namespace LowCardinality(String) CODEC(ZSTD(1)),
    source_name_aggr LowCardinality(String) CODEC(ZSTD(1)),
    dest_name_aggr LowCardinality(String) CODEC(ZSTD(1)),
    dest_port UInt16 CODEC(ZSTD(1)),
    bytes_in UInt64 CODEC(T64, ZSTD(1)),
    retired_field String
  ) ENGINE = MergeTree PARTITION BY toYYYYMMDD(start_time)
  ORDER BY (toStartOfHour(start_time), source_namespace, dest_namespace, source_name_aggr, dest_name_aggr, dest_port, start_time)`,
  `INSERT INTO margay.flows (start_time, reporter, source_namespace, bytes_in) VALUES (${noon}, 'dst', 'shop', 9007199254740993)`,
]

describe('opening a data directory', () => {
  let engine: Engine
  let admin: AdminEngine
  let close: () => Promise<void>
  beforeEach(async () => {
    ;({ engine, close } = await openTestEngine())
    admin = adminOf(engine)
  })
  afterEach(() => close())

  const columns = (type: LogType) =>
    admin.read(`SELECT name, type FROM system.columns WHERE database = '${database}' AND table = '${type.name}'`)

  it('makes every table, and changes nothing the second time', async () => {
    await migrate(admin)
    const first = await Promise.all(logTypes.map(columns))
    expect(first.map((all) => all.length)).toEqual(logTypes.map(({ fields }) => Object.keys(fields).length))
    await migrate(admin)
    expect(await Promise.all(logTypes.map(columns))).toEqual(first)
    expect(await admin.read(`SELECT count() FROM ${database}.schema_version`)).toEqual([[String(migrations.length)]])
  })

  it('adds a column for a new field and longer enums, and reads old rows as without them', async () => {
    const old = logTypeWith({
      start_time: field.timestamp({ role: 'time', doc: '' }),
      kind: field.enum({ role: 'dimension', values: ['a'], doc: '' }),
    })
    await migrate(admin, [old])
    await admin.execute(`INSERT INTO ${tableOf(old.name)} (start_time, kind) VALUES (${noon}, 'a')`)
    const newer = logTypeWith({
      start_time: field.timestamp({ role: 'time', doc: '' }),
      kind: field.enum({ role: 'dimension', values: ['a', 'b'], doc: '' }),
      added: field.keywords({ role: 'detail', doc: '' }),
    })
    await migrate(admin, [newer])
    await admin.execute(`INSERT INTO ${tableOf(old.name)} (start_time, kind, added) VALUES (${noon}, 'b', ['x'])`)
    expect(await admin.read(`SELECT kind, added FROM ${tableOf(old.name)} ORDER BY kind`)).toEqual([
      ['a', '[]'],
      ['b', "['x']"],
    ])
    // An older program opens what a newer one left.
    await migrate(admin, [old])
  })

  it('refuses a column of another type, and names it', async () => {
    await migrate(admin, [
      logTypeWith({
        start_time: field.timestamp({ role: 'time', doc: '' }),
        n: field.count({ role: 'measure', width: 32, doc: '' }),
      }),
    ])
    const wider = logTypeWith({
      start_time: field.timestamp({ role: 'time', doc: '' }),
      n: field.count({ role: 'measure', doc: '' }),
    })
    await expect(migrate(admin, [wider])).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: 'open the table sample: its column n is UInt32, this program expects UInt64',
    })
  })

  it('refuses a directory that a newer version wrote', async () => {
    await migrate(admin)
    await admin.execute(`INSERT INTO ${database}.schema_version (version, what) SELECT 4000, 'from the future'`)
    await expect(migrate(admin)).rejects.toMatchObject({ code: 'schema_newer' })
  })

  it('sorts by the hour first and keeps one partition for each day', () => {
    const ddl = createTable(flowLog)
    expect(ddl).toContain('ORDER BY (toStartOfHour(start_time), `source_namespace`')
    expect(ddl).toContain('PARTITION BY toYYYYMMDD(start_time)')
  })
})

describe('data of version 1', () => {
  it('is read and written by this version', async () => {
    const { dir, remove } = temporaryDir()
    const engine = createEngine({ dir: `${dir}/engine`, ...testEngine })
    await engine.start()
    for (const statement of version1) await engine.run(statement, { lane: 'admin' })
    await engine.stop()
    const store = createEmbeddedStore({ dir })
    await store.open()
    await insertRows(store, flowLog, [{ start_time: noon + 1, reporter: 'fwd', process_name: 'curl' }])
    const { answer } = await store.ask(
      {
        logType: 'flows',
        range: { from: { at: noon }, to: { at: noon + 60 } },
        filter: { kind: 'all' },
        reports: 'every',
        select: {
          kind: 'rows',
          limit: 10,
          sort: { field: 'start_time', descending: false },
          fields: ['reporter', 'source_namespace', 'bytes_in', 'process_name'],
        },
      },
      { now: noon },
    )
    await store.close()
    remove()
    expect(answer).toEqual({
      kind: 'rows',
      rows: [
        { start_time: noon, reporter: 'dst', source_namespace: 'shop', bytes_in: 9_007_199_254_740_993n },
        { start_time: noon + 1, reporter: 'fwd', bytes_in: 0, process_name: 'curl' },
      ],
    })
  })
})

function logTypeWith(fields: Fields): LogType {
  return {
    name: 'sample',
    title: '',
    doc: '',
    indexBase: '',
    time: 'start_time',
    sortKey: ['start_time'],
    columns: [],
    fields,
  }
}

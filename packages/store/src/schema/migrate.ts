// Brings a data directory to the version of this program: database, tables, migrations not yet applied, and columns that
// the catalogue has and a table has not. Never drops a column: an older program may open the directory again.
import type { LogType } from '@margay/model'
import { logTypes } from '@margay/model'
import { textLiteral } from '../compile/literal.ts'
import { StoreError } from '../errors.ts'
import type { Column } from './column.ts'
import { columnsOf } from './column.ts'
import { columnDefinition, createTable, database, tableOf } from './ddl.ts'
import { migrations } from './migrations.ts'

/** Runs statements that change tables, and reads rows of texts. */
export interface AdminEngine {
  execute(sql: string): Promise<void>
  read(sql: string): Promise<readonly (readonly string[])[]>
}

const versionTable = `${database}.schema_version`

/** Applies what is missing. Rejects with `schema_newer` or `schema_mismatch` before it changes anything it should not. */
export async function migrate(engine: AdminEngine, types: readonly LogType[] = logTypes): Promise<void> {
  await engine.execute(`CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic`)
  await engine.execute(
    `CREATE TABLE IF NOT EXISTS ${versionTable} (version UInt32, what String, applied DateTime('UTC') DEFAULT now()) ` +
      'ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1',
  )
  const applied = Number((await engine.read(`SELECT max(version) FROM ${versionTable}`))[0]![0])
  const newest = migrations.at(-1)!.version
  if (applied > newest) {
    throw new StoreError(
      'schema_newer',
      `open the data directory: its schema has version ${applied}, this program knows ${newest}`,
    )
  }
  for (const type of types) await engine.execute(createTable(type))
  for (const { version, what, statements } of migrations.filter(({ version }) => version > applied)) {
    for (const statement of statements) await engine.execute(statement)
    await engine.execute(`INSERT INTO ${versionTable} (version, what) SELECT ${version}, ${textLiteral(what)}`)
  }
  for (const type of types) await alignColumns(engine, type)
}

async function alignColumns(engine: AdminEngine, type: LogType): Promise<void> {
  const rows = await engine.read(
    `SELECT name, type FROM system.columns WHERE database = '${database}' AND table = '${type.name}'`,
  )
  const present = new Map(rows.map(([name, columnType]) => [name!, columnType!]))
  const changes = columnsOf(type).flatMap((column) => changeOf(type, column, present.get(column.name)))
  if (changes.length > 0) await engine.execute(`ALTER TABLE ${tableOf(type.name)} ${changes.join(', ')}`)
}

/** An enum that got words keeps its codes; any other difference of types needs a migration. */
function changeOf(type: LogType, column: Column, present: string | undefined): readonly string[] {
  if (present === undefined) return [`ADD COLUMN IF NOT EXISTS ${columnDefinition(column)}`]
  if (present === column.type) return []
  const isLongerEnum = present.startsWith('Enum8(') && column.type.startsWith(`${present.slice(0, -1)},`)
  if (isLongerEnum) return [`MODIFY COLUMN ${columnDefinition(column)}`]
  // A newer program may have added words; this one does not write them and reads them as they are.
  if (column.type.startsWith('Enum8(') && present.startsWith(`${column.type.slice(0, -1)},`)) return []
  throw new StoreError(
    'schema_mismatch',
    `open the table ${type.name}: its column ${column.name} is ${present}, this program expects ${column.type}`,
  )
}

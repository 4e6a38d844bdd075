// What the embedded engine does with tables: statements that change them, and blocks that go into them.
import type { LogType } from '@margay/model'
import { logType, logTypes } from '@margay/model'
import { textLiteral } from '../compile/literal.ts'
import { StoreError } from '../errors.ts'
import { columnsOf } from '../schema/column.ts'
import { tableOf } from '../schema/ddl.ts'
import type { AdminEngine } from '../schema/migrate.ts'
import type { Block } from '../store.ts'
import type { BlockFiles } from './block-file.ts'
import type { Engine } from './engine.ts'

/** Throws `bad_question` for a name that is no log type. */
export function knownType(name: string): LogType {
  const type = logType(name)
  if (type) return type
  const known = logTypes.map((each) => each.name).join(', ')
  throw new StoreError('bad_question', `unknown log type "${name}"; one of ${known}`)
}

/** The engine as migrations and upkeep see it. */
export function adminOf(engine: Engine): AdminEngine {
  return {
    execute: async (sql) => void (await engine.run(sql, { lane: 'admin' })),
    async read(sql) {
      const output = await engine.run(sql, { lane: 'admin', format: 'JSONCompactStringsEachRow' })
      const lines = Buffer.from(output).toString().split('\n').filter(Boolean)
      return lines.map((line) => JSON.parse(line) as string[])
    },
  }
}

/**
 * Inserts a block. When it resolves the rows are on disk; when it rejects they are not, or they are and the engine died
 * before it could say so: the token makes trying again harmless.
 */
export async function insertBlock(engine: Engine, files: BlockFiles, type: LogType, block: Block): Promise<void> {
  await files.withFile(block.parts, (path) => engine.run(insertSql(type, block, path), { lane: 'write' }))
}

function insertSql(type: LogType, block: Block, path: string): string {
  const columns = columnsOf(type)
    .map(({ name }) => `\`${name}\``)
    .join(', ')
  return (
    `INSERT INTO ${tableOf(type.name)} (${columns}) ` +
    `SETTINGS insert_deduplication_token = ${textLiteral(block.token)} ` +
    `SELECT ${columns} FROM file(${textLiteral(path)}, 'Native')`
  )
}

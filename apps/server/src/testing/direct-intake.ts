// For tests of the API: rows go straight into a real store, without segments. Same contract as the real intake, so a test
// reads what it wrote as soon as the promise resolves.
import type { Row } from '@margay/model'
import { fieldsOf, logType } from '@margay/model'
import { createBlockBuilder } from '@margay/store'
import type { Store } from '@margay/store'
import type { Intake } from '../receivers/intake.ts'

/** The two halves of a row: its dimensions, and the rest. */
export function splitRow(type: string, row: Row): readonly [dimensions: Row, rest: Row] {
  const names = new Set(fieldsOf(logType(type)!, 'dimension'))
  const half = (wanted: boolean) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name) === wanted))
  return [half(true), half(false)]
}

export function createDirectIntake(store: Store): Intake {
  const seen = new Set<string>()
  return {
    async append({ logType: name, rows, source }) {
      const token = [source.id, source.epoch, source.sequence].join('-')
      if (seen.has(token)) return { duplicate: true }
      const builder = createBlockBuilder(logType(name)!)
      for (const row of rows) {
        const [dimensions, rest] = splitRow(name, row)
        builder.add(builder.series(dimensions), rest)
      }
      for (const { day, rows: count, parts } of builder.take()) {
        await store.insert({ logType: name, token: `${token}-${day}`, rows: count, parts })
      }
      seen.add(token)
      return { duplicate: false }
    },
  }
}

// Questions and what was answered, kept to be asked again when what they are about is gone, and hours have passed.
import { expect } from 'vitest'
import type { Row } from './product.ts'

export interface Memory {
  /** Rows may have come since, but every row that was answered must be there as it was, to the last field. */
  keepRows(what: string, ask: () => Promise<readonly Row[]>, rows: readonly Row[]): void
  /** The answer must be the same. */
  keepAnswer(what: string, ask: () => Promise<unknown>, answer: unknown): void
  /** Asks all of it again. */
  recall(): Promise<void>
}

/** Rows as texts that are equal where all their fields are. */
const textsOf = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).toSorted()

export function createMemory(): Memory {
  const kept: (() => Promise<void>)[] = []
  return {
    keepRows(what, ask, rows) {
      kept.push(async () => {
        const again = new Set(textsOf(await ask()))
        expect([what, textsOf(rows).filter((row) => !again.has(row))]).toEqual([what, []])
      })
    },
    keepAnswer(what, ask, answer) {
      kept.push(async () => expect([what, await ask()]).toEqual([what, answer]))
    },
    async recall() {
      expect(kept.length).toBeGreaterThan(5)
      for (const again of kept) await again()
    },
  }
}

// Selectors that print alike are one: its compiled test, its restrictions and its id are made once.
import type { Selector } from '../selector/ast.ts'
import { compileSelector, type LabelTest } from '../selector/match.ts'
import { printSelector } from '../selector/print.ts'
import { type Restrictions, restrictions } from '../selector/restrict.ts'

export interface PooledSelector {
  readonly id: number
  readonly text: string
  readonly selector: Selector
  readonly test: LabelTest
  readonly restrictions: Restrictions
  /** Answers by the identity's slot; see `answerFor`. */
  answers: Uint32Array
}

/** Grown by doubling. */
const firstSlots = 64

export interface SelectorPool {
  /** The pooled form; counts a user, who calls `release` when done with it. */
  readonly take: (selector: Selector) => PooledSelector
  readonly release: (pooled: PooledSelector) => void
}

export function createSelectorPool(): SelectorPool {
  const byText = new Map<string, { readonly pooled: PooledSelector; users: number }>()
  let nextId = 0
  return {
    take: (selector) => {
      const text = printSelector(selector)
      const found = byText.get(text)
      if (found) {
        found.users += 1
        return found.pooled
      }
      const pooled = {
        id: nextId++,
        text,
        selector,
        test: compileSelector(selector),
        restrictions: restrictions(selector),
        answers: new Uint32Array(firstSlots),
      }
      byText.set(text, { pooled, users: 1 })
      return pooled
    },
    release: (pooled) => {
      const found = byText.get(pooled.text)
      if (!found) return
      found.users -= 1
      if (found.users === 0) byText.delete(pooled.text)
    },
  }
}

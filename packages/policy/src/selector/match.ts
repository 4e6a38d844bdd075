// Whether a selector matches a label set. A missing label makes the negated comparisons true (`!=`, `not in`) and every
// other one false, even against an empty text.
import type { Labels, Selector } from './ast.ts'

/** Interprets the selector: the reference that `compileSelector` must agree with. */
export function matchSelector(selector: Selector, labels: Labels): boolean {
  switch (selector.kind) {
    case 'all':
    case 'global':
      return true
    case 'has':
      return labels.has(selector.label)
    case 'equals':
      return labels.get(selector.label) === selector.value
    case 'not-equals':
      return labels.get(selector.label) !== selector.value
    case 'contains':
      return labels.get(selector.label)?.includes(selector.value) ?? false
    case 'starts-with':
      return labels.get(selector.label)?.startsWith(selector.value) ?? false
    case 'ends-with':
      return labels.get(selector.label)?.endsWith(selector.value) ?? false
    case 'in': {
      const value = labels.get(selector.label)
      return value !== undefined && selector.values.includes(value)
    }
    case 'not-in': {
      const value = labels.get(selector.label)
      return value === undefined || !selector.values.includes(value)
    }
    case 'not':
      return !matchSelector(selector.of, labels)
    case 'and':
      return selector.of.every((part) => matchSelector(part, labels))
    case 'or':
      return selector.of.some((part) => matchSelector(part, labels))
  }
}

export type LabelTest = (labels: Labels) => boolean

function compileSet(label: string, values: readonly string[], wanted: boolean): LabelTest {
  const set = new Set(values)
  return (labels) => {
    const value = labels.get(label)
    return (value !== undefined && set.has(value)) === wanted
  }
}

function compileText(label: string, test: (value: string) => boolean): LabelTest {
  return (labels) => {
    const value = labels.get(label)
    return value !== undefined && test(value)
  }
}

/** Turns the selector into one function, for label sets that are tested against it many times. */
export function compileSelector(selector: Selector): LabelTest {
  switch (selector.kind) {
    case 'all':
    case 'global':
      return () => true
    case 'has':
      return (labels) => labels.has(selector.label)
    case 'equals':
      return (labels) => labels.get(selector.label) === selector.value
    case 'not-equals':
      return (labels) => labels.get(selector.label) !== selector.value
    case 'contains':
      return compileText(selector.label, (value) => value.includes(selector.value))
    case 'starts-with':
      return compileText(selector.label, (value) => value.startsWith(selector.value))
    case 'ends-with':
      return compileText(selector.label, (value) => value.endsWith(selector.value))
    case 'in':
      return compileSet(selector.label, selector.values, true)
    case 'not-in':
      return compileSet(selector.label, selector.values, false)
    case 'not': {
      const inner = compileSelector(selector.of)
      return (labels) => !inner(labels)
    }
    case 'and': {
      const parts = selector.of.map(compileSelector)
      return (labels) => parts.every((part) => part(labels))
    }
    case 'or': {
      const parts = selector.of.map(compileSelector)
      return (labels) => parts.some((part) => part(labels))
    }
  }
}

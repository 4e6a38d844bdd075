// What a selector demands of single labels: the key to indexing. A selector that can only match sets with `app` in
// {web, api} need not be tried on any other. Restrictions are necessary conditions, never sufficient ones.
import type { Selector } from './ast.ts'

export interface Restriction {
  readonly mustBePresent?: true
  readonly mustBeAbsent?: true
  /** Sorted. Empty means that nothing can match. */
  readonly mustHaveOneOfValues?: readonly string[]
}

export type Restrictions = ReadonlyMap<string, Restriction>

const none: Restrictions = new Map()

const sorted = (values: Iterable<string>) => [...new Set(values)].sort()

function bothValues(a: Restriction, b: Restriction): readonly string[] | undefined {
  if (!a.mustHaveOneOfValues) return b.mustHaveOneOfValues
  if (!b.mustHaveOneOfValues) return a.mustHaveOneOfValues
  const other = new Set(b.mustHaveOneOfValues)
  return a.mustHaveOneOfValues.filter((value) => other.has(value))
}

function both(a: Restriction, b: Restriction): Restriction {
  const values = bothValues(a, b)
  return {
    ...((a.mustBePresent || b.mustBePresent) && { mustBePresent: true }),
    ...((a.mustBeAbsent || b.mustBeAbsent) && { mustBeAbsent: true }),
    ...(values && { mustHaveOneOfValues: values }),
  }
}

function either(a: Restriction, b: Restriction): Restriction {
  return {
    ...(a.mustBePresent && b.mustBePresent && { mustBePresent: true }),
    ...(a.mustBeAbsent && b.mustBeAbsent && { mustBeAbsent: true }),
    ...(a.mustHaveOneOfValues &&
      b.mustHaveOneOfValues && { mustHaveOneOfValues: sorted([...a.mustHaveOneOfValues, ...b.mustHaveOneOfValues]) }),
  }
}

function conjunction(parts: readonly Restrictions[]): Restrictions {
  const result = new Map<string, Restriction>()
  for (const part of parts)
    for (const [label, restriction] of part) result.set(label, both(result.get(label) ?? {}, restriction))
  return result
}

function disjunction(parts: readonly Restrictions[]): Restrictions {
  const [first = none, ...rest] = parts
  const result = new Map<string, Restriction>()
  for (const [label, restriction] of first) {
    const merged = rest.reduce<Restriction>((kept, part) => either(kept, part.get(label) ?? {}), restriction)
    if (Object.keys(merged).length > 0) result.set(label, merged)
  }
  return result
}

/** The conditions that every matching label set fulfils, by label. */
export function restrictions(selector: Selector): Restrictions {
  switch (selector.kind) {
    case 'equals':
      return new Map([[selector.label, { mustBePresent: true, mustHaveOneOfValues: [selector.value] }]])
    case 'in':
      return new Map([[selector.label, { mustBePresent: true, mustHaveOneOfValues: sorted(selector.values) }]])
    case 'has':
    case 'contains':
    case 'starts-with':
    case 'ends-with':
      return new Map([[selector.label, { mustBePresent: true }]])
    case 'not':
      return selector.of.kind === 'has' ? new Map([[selector.of.label, { mustBeAbsent: true }]]) : none
    case 'and':
      return conjunction(selector.of.map(restrictions))
    case 'or':
      return disjunction(selector.of.map(restrictions))
    case 'all':
    case 'global':
    case 'not-equals':
    case 'not-in':
      return none
  }
}

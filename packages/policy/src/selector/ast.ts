// Selectors as values: Calico's language (and Kubernetes', which is a part of it) after parsing. Constructors flatten
// nothing and reorder nothing, so that a printed selector still looks like the one its author wrote.

/** Labels of an object. A map, because label keys are chosen by people and `__proto__` is a legal one. */
export type Labels = ReadonlyMap<string, string>

export type Selector =
  | { readonly kind: 'all' }
  /** True for every label set; it gets its meaning ("objects without namespace") by rewriting, in rules only. */
  | { readonly kind: 'global' }
  | { readonly kind: 'has'; readonly label: string }
  | { readonly kind: ComparisonKind; readonly label: string; readonly value: string }
  | { readonly kind: 'in' | 'not-in'; readonly label: string; readonly values: readonly string[] }
  | { readonly kind: 'not'; readonly of: Selector }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Selector[] }

export type ComparisonKind = 'equals' | 'not-equals' | 'contains' | 'starts-with' | 'ends-with'

export const all: Selector = { kind: 'all' }

export const has = (label: string): Selector => ({ kind: 'has', label })

export const equals = (label: string, value: string): Selector => ({ kind: 'equals', label, value })

export const not = (of: Selector): Selector => ({ kind: 'not', of })

/** All of the parts; parts that are everywhere true are left out. */
export function and(...parts: readonly Selector[]): Selector {
  const real = parts.filter((part) => part.kind !== 'all')
  if (real.length === 0) return all
  return real.length === 1 && real[0] ? real[0] : { kind: 'and', of: real }
}

/** Any of the parts. */
export function or(...parts: readonly Selector[]): Selector {
  return parts.length === 1 && parts[0] ? parts[0] : { kind: 'or', of: parts }
}

/** Rewrites every leaf, and keeps the shape. */
export function mapLeaves(selector: Selector, change: (leaf: Selector) => Selector): Selector {
  switch (selector.kind) {
    case 'not':
      return not(mapLeaves(selector.of, change))
    case 'and':
    case 'or':
      return { kind: selector.kind, of: selector.of.map((part) => mapLeaves(part, change)) }
    default:
      return change(selector)
  }
}

/** Whether any leaf satisfies the test. */
export function someLeaf(selector: Selector, test: (leaf: Selector) => boolean): boolean {
  switch (selector.kind) {
    case 'not':
      return someLeaf(selector.of, test)
    case 'and':
    case 'or':
      return selector.of.some((part) => someLeaf(part, test))
    default:
      return test(selector)
  }
}

/** Puts a prefix before every label: how `namespaceSelector` reads labels that pods inherit as `pcns.<label>`. */
export function prefixLabels(selector: Selector, prefix: string): Selector {
  return mapLeaves(selector, (leaf) => ('label' in leaf ? { ...leaf, label: prefix + leaf.label } : leaf))
}

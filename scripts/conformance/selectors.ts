// Runs selector cases: whether a text parses, its canonical form, id, tokens and restrictions, and whether it matches.
import {
  type ParsedSelector,
  parseSelector,
  matchSelector,
  prefixLabels,
  printSelector,
  restrictions,
  selectorId,
  tokenize,
} from '@margay/policy'
import { type CaseResult, differ } from './result.ts'

interface SelectorCase {
  readonly selector: string
  readonly source: string
  readonly labels?: Readonly<Record<string, string>>
  readonly match?: boolean
  readonly valid?: boolean
  readonly canonical?: string
  readonly uid?: string
  readonly prefixed?: { readonly prefix: string; readonly canonical: string }
  readonly tokens?: readonly (readonly string[])[]
  readonly restrictions?: Readonly<Record<string, unknown>>
}

const tokensOf = (text: string) =>
  tokenize(text).map(({ kind, value }) => (['Label', 'Has', 'StringLiteral'].includes(kind) ? [kind, value] : [kind]))

const sortKeys = (record: Readonly<Record<string, unknown>>) =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))

function checkParsed(one: SelectorCase, parsed: ParsedSelector): readonly string[] {
  const { selector } = parsed
  if (!selector) return one.match === undefined ? [] : [`parse: ${parsed.error}`]
  const labels = new Map(Object.entries(one.labels ?? {}))
  return [
    ...(one.match === undefined ? [] : differ('match', one.match, matchSelector(selector, labels))),
    ...(one.canonical === undefined ? [] : differ('canonical', one.canonical, printSelector(selector))),
    ...(one.uid === undefined ? [] : differ('uid', one.uid, selectorId(selector))),
    ...(one.prefixed
      ? differ('prefixed', one.prefixed.canonical, printSelector(prefixLabels(selector, one.prefixed.prefix)))
      : []),
    ...(one.restrictions
      ? differ('restrictions', sortKeys(one.restrictions), sortKeys(Object.fromEntries(restrictions(selector))))
      : []),
  ]
}

function runCase(one: SelectorCase): readonly string[] {
  const parsed = parseSelector(one.selector)
  return [
    ...(one.valid === undefined ? [] : differ('valid', one.valid, parsed.selector !== undefined)),
    ...(one.tokens ? differ('tokens', one.tokens, tokensOf(one.selector)) : []),
    ...checkParsed(one, parsed),
  ]
}

/** One result per case of the file's content. */
export function runSelectorCases(content: unknown): readonly CaseResult[] {
  return (content as readonly SelectorCase[]).map((one) => ({
    title: one.selector,
    source: one.source,
    failures: runCase(one),
  }))
}

// Every flag of `margay observe` is a clause that can be read back and means what was typed, whatever the value holds.
import { flowLog } from '@margay/model'
import type { Row } from '@margay/model'
import { bind, compileMatch, parseKql, printKql } from '@margay/query'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queryText } from './filters.ts'
import type { FilterFlags } from './flow-filter.ts'

const runs = { numRuns: Number(process.env.MARGAY_PROPERTY_RUNS ?? 200) }

/** What a shell can hand over, with the characters that KQL gives a meaning to far more often than chance would. */
const awkward = fc.constantFrom(
  '"',
  '\\',
  '(',
  ')',
  '{',
  '}',
  ':',
  ' ',
  '<',
  '>',
  'or',
  'and',
  'not',
  '\n',
  '\t',
  'é',
  '😀',
)
const value = fc
  .array(fc.oneof(awkward, fc.stringMatching(/^[a-z0-9.-]{1,5}$/)), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
/** Parts of a name that is split at them. */
const nameOf = (...split: readonly string[]) => value.filter((text) => !split.some((mark) => text.includes(mark)))

function matcherOf(flags: FilterFlags) {
  const text = queryText(flowLog, flags)
  const parsed = parseKql(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.errors[0].message}`)
  expect(printKql(parsed.filter)).toBe(text)
  const bound = bind(parsed.filter, flowLog, { now: 0 })
  if (!bound.ok) throw new Error(`${text}: ${bound.errors[0].message}`)
  return compileMatch(bound.filter, flowLog)
}

interface Flag {
  readonly flag: keyof FilterFlags
  readonly value: fc.Arbitrary<string>
  /** A row that the value means, at each end that it may be at. */
  readonly rows: (value: string) => readonly Row[]
}

const hit = (policy: string) => `0|default|shop/default.${policy}|deny|-1`

const flags: readonly Flag[] = [
  {
    flag: 'namespace',
    value,
    rows: (text) => [{ source_namespace: text }, { dest_namespace: text }],
  },
  {
    flag: 'pod',
    value: nameOf('/'),
    rows: (text) => [
      { source_name: text },
      { dest_name: text },
      { source_name_aggr: `${text}-*` },
      { dest_name_aggr: text },
    ],
  },
  {
    flag: 'label',
    value: fc.tuple(nameOf('='), value).map((pair) => pair.join('=')),
    rows: (text) => [{ 'source_labels.labels': ['other=1', text] }, { 'dest_labels.labels': [text] }],
  },
  {
    flag: 'policy',
    // Numbers, `default` and `deny` among them: a hit's index, tier, action and rule are no names.
    value: fc.oneof(nameOf('|', '/'), fc.constantFrom('0', '-1', 'deny', 'pass', 'default', 'security', 'shop')),
    rows: (text) => [{ 'policies.enforced_policies': ['0|security|security.other|pass|0', hit(text)] }],
  },
  { flag: 'node', value, rows: (text) => [{ host: text }] },
]

describe('a flag', () => {
  it.each(flags)('--$flag finds what it names and nothing else', ({ flag, value: values, rows }) =>
    fc.assert(
      fc.property(values, (text) => {
        const matches = matcherOf({ [flag]: [text] })
        for (const row of rows(text)) expect([row, matches(row)]).toEqual([row, true])
        for (const row of rows(`${text}x`)) expect([row, matches(row)]).toEqual([row, false])
        expect(matches({})).toBe(false)
      }),
      runs,
    ),
  )

  it.each(['allow', 'deny'])('--verdict %s is the action', (verdict) => {
    const matches = matcherOf({ verdict: [verdict] })
    expect(['allow', 'deny'].filter((action) => matches({ action }))).toEqual([verdict])
  })

  it('beside others holds together with them, its own values being alternatives', () =>
    fc.assert(
      fc.property(value, value, value, (a, b, node) => {
        fc.pre(a !== b)
        const matches = matcherOf({ namespace: [a, b], node: [node], verdict: ['deny'] })
        for (const namespace of [a, b]) {
          const row = { dest_namespace: namespace, host: node, action: 'deny' }
          expect([matches(row), matches({ ...row, action: 'allow' }), matches({ ...row, host: `${node}x` })]).toEqual([
            true,
            false,
            false,
          ])
        }
      }),
      runs,
    ))
})

// What is different between two versions of a policy, tier or network set, as lines. Differences that mean nothing to a
// verdict (labels, annotations, spelling) are none.
import type { Direction, Policy, Snapshot } from '@margay/policy'
import { parseSnapshot, printCidr, ruleWords, selectorWords } from '@margay/policy'
import type { ObjectDocument } from '../../objects/index.ts'

const directions: readonly Direction[] = ['ingress', 'egress']

/** Entries of `a` that are not in `b`, each as often as it is there more. */
function without(a: readonly string[], b: readonly string[]): readonly string[] {
  const left = [...b]
  return a.filter((each) => {
    const at = left.indexOf(each)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function ruleLines(direction: Direction, before: Policy, after: Policy): readonly string[] {
  const [old, now] = [before[direction], after[direction]]
  if (old === undefined && now === undefined) return []
  if (old === undefined) return [`covers ${direction} now, with ${now!.length} rules`]
  if (now === undefined) return [`covers ${direction} no more`]
  const [oldWords, nowWords] = [old.map(ruleWords), now.map(ruleWords)]
  const lines = [
    ...without(nowWords, oldWords).map((words) => `${direction} rule added: ${words}`),
    ...without(oldWords, nowWords).map((words) => `${direction} rule removed: ${words}`),
  ]
  const isReordered = lines.length === 0 && oldWords.join('\n') !== nowWords.join('\n')
  return isReordered ? [`${direction} rules in another order`] : lines
}

const instead = (what: string, before: string, after: string): readonly string[] =>
  before === after ? [] : [`${what} ${after} instead of ${before}`]

const orderText = (order: number) => (Number.isFinite(order) ? String(order) : 'none')

/** Everything that a verdict may rest on. */
const textOf = (policy: Policy) =>
  JSON.stringify({ ...policy, source: undefined }, (_name, value: unknown) => (value === Infinity ? 'none' : value))

function policyLines(before: Policy, after: Policy): readonly string[] {
  const lines = [
    ...directions.flatMap((direction) => ruleLines(direction, before, after)),
    ...instead('selects', selectorWords(before.subject), selectorWords(after.subject)),
    ...instead('tier', before.tier, after.tier),
    ...instead('order', orderText(before.order), orderText(after.order)),
  ]
  return lines.length === 0 && textOf(before) !== textOf(after) ? ['changed in how it applies'] : lines
}

function listLines(what: string, before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...without(after, before).map((each) => `${what} added: ${each}`),
    ...without(before, after).map((each) => `${what} removed: ${each}`),
  ]
}

const labelTexts = (labels: ReadonlyMap<string, string>) => [...labels].map(([key, value]) => `${key}=${value}`)

/** Lines by list of a snapshot; an object is in one of them. */
const readers: readonly ((before: Snapshot, after: Snapshot) => readonly string[])[] = [
  (before, after) =>
    after.policies.flatMap((policy, index) => {
      const old = before.policies[index]
      return old ? policyLines(old, policy) : [`entry ${index} added`]
    }),
  ({ tiers: [old] }, { tiers: [now] }) =>
    old && now
      ? [
          ...instead('order', orderText(old.order), orderText(now.order)),
          ...instead('default action', old.defaultAction, now.defaultAction),
        ]
      : [],
  ({ networkSets: [old] }, { networkSets: [now] }) =>
    old && now
      ? [
          ...listLines('network', old.nets.map(printCidr), now.nets.map(printCidr)),
          ...listLines(
            'domain',
            old.domains.map(({ text }) => text),
            now.domains.map(({ text }) => text),
          ),
          ...listLines('label', labelTexts(old.labels), labelTexts(now.labels)),
        ]
      : [],
  ({ namespaces: [old] }, { namespaces: [now] }) =>
    old && now ? listLines('label', labelTexts(old.labels), labelTexts(now.labels)) : [],
]

/** What a change of an object means to verdicts; empty where it means nothing. */
export function verdictLines(before: ObjectDocument, after: ObjectDocument): readonly string[] {
  const [old, now] = [before, after].map((document) => parseSnapshot([document]).snapshot)
  return readers.flatMap((read) => read(old!, now!))
}

/** Rules of a policy that came or went, for its details. */
export function ruleTexts(document: ObjectDocument): readonly string[] {
  const { policies } = parseSnapshot([document]).snapshot
  return policies.flatMap((policy) =>
    directions.flatMap((direction) => (policy[direction] ?? []).map((rule) => `${direction}: ${ruleWords(rule)}`)),
  )
}

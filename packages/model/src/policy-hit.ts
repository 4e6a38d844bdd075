// One entry of a policy trace as a value, and its two texts. Calico Enterprise's logs (and ours, at rest) write
// `<index>|<tier>|<name>|<action>|<rule>`, where the name part hides kind and staging; Goldmane and Felix write
// `<index>|<tier>|<kind>:[<namespace>/]<name>|<action>|<rule>`. Both are read, each is printed. This file knows the texts
// only: what a hit means for a flow is for the policy package. What must stay true: printing what was parsed gives the
// same text again, and parsing what was printed in Goldmane's form gives the same value again.

/** What may appear in a trace. A staged policy is its kind with `staged: true`. */
export type PolicyHitKind =
  | 'CalicoNetworkPolicy'
  | 'GlobalNetworkPolicy'
  | 'KubernetesNetworkPolicy'
  | 'ClusterNetworkPolicy'
  | 'AdminNetworkPolicy'
  | 'BaselineAdminNetworkPolicy'
  | 'CiliumNetworkPolicy'
  | 'CiliumClusterwideNetworkPolicy'
  | 'Profile'
  | 'EndOfTier'

export type PolicyHitAction = 'allow' | 'deny' | 'pass'

/** The rule that matched, counted from 0 within its direction; `none` when the end of the tier decided. */
export type PolicyHitRule = number | 'none' | 'unknown'

/** One policy that had a say in one direction of a flow. */
export interface PolicyHit {
  /** Position in the trace, counted from 0 in the order of evaluation. Logs hold entries unsorted. */
  readonly index: number
  /** Absent on profiles, which stand behind all tiers. */
  readonly tier?: string
  readonly kind: PolicyHitKind
  /** Absent on kinds without namespace. */
  readonly namespace?: string
  /** As the user wrote it where that is known; Calico Enterprise's text loses a leading `<tier>.`. */
  readonly name: string
  readonly action: PolicyHitAction
  readonly rule: PolicyHitRule
  readonly staged: boolean
}

/** Either the value, or why the text is none. */
export type ParsedPolicyHit =
  | { readonly hit: PolicyHit; readonly error?: undefined }
  | { readonly hit?: undefined; readonly error: string }

const profileTier = '__PROFILE__'
const stagedMark = 'staged:'

interface ShortKind {
  readonly short: string
  readonly kind: PolicyHitKind
  readonly staged: boolean
}

/** Felix's short kinds; `kanp` and `kbanp` follow its names of v3.31, and the two of Cilium are ours. */
const shortKinds: readonly ShortKind[] = [
  { short: 'np', kind: 'CalicoNetworkPolicy', staged: false },
  { short: 'gnp', kind: 'GlobalNetworkPolicy', staged: false },
  { short: 'knp', kind: 'KubernetesNetworkPolicy', staged: false },
  { short: 'snp', kind: 'CalicoNetworkPolicy', staged: true },
  { short: 'sgnp', kind: 'GlobalNetworkPolicy', staged: true },
  { short: 'sknp', kind: 'KubernetesNetworkPolicy', staged: true },
  { short: 'kcnp', kind: 'ClusterNetworkPolicy', staged: false },
  { short: 'kanp', kind: 'AdminNetworkPolicy', staged: false },
  { short: 'kbanp', kind: 'BaselineAdminNetworkPolicy', staged: false },
  { short: 'cnp', kind: 'CiliumNetworkPolicy', staged: false },
  { short: 'ccnp', kind: 'CiliumClusterwideNetworkPolicy', staged: false },
  { short: 'pro', kind: 'Profile', staged: false },
  { short: 'eot', kind: 'EndOfTier', staged: false },
]

const byShort = new Map(shortKinds.map((entry) => [entry.short, entry]))

/**
 * Kinds that Calico Enterprise tells apart by a prefix of the name. Kubernetes', AdminNetworkPolicy's and its baseline's
 * are Calico's own names; the others continue the pattern, so that no kind is lost at rest.
 */
const namePrefixes: readonly (readonly [PolicyHitKind, string])[] = [
  ['KubernetesNetworkPolicy', 'knp'],
  ['AdminNetworkPolicy', 'kanp'],
  ['BaselineAdminNetworkPolicy', 'kbanp'],
  ['ClusterNetworkPolicy', 'kcnp'],
  ['CiliumNetworkPolicy', 'cnp'],
  ['CiliumClusterwideNetworkPolicy', 'ccnp'],
  ['EndOfTier', 'eot'],
]

const prefixOf = new Map(namePrefixes)

function shortOf(hit: PolicyHit): string {
  const found = shortKinds.find((entry) => entry.kind === hit.kind && entry.staged === hit.staged)
  return (found ?? shortKinds.find((entry) => entry.kind === hit.kind))?.short ?? hit.kind
}

function ruleText(rule: PolicyHitRule): string {
  if (rule === 'none') return '-1'
  return rule === 'unknown' ? '-2' : String(rule)
}

function parseRule(text: string): PolicyHitRule | undefined {
  if (text === '-1') return 'none'
  if (text === '-2') return 'unknown'
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

const withNamespace = (namespace: string | undefined, name: string) => (namespace ? `${namespace}/${name}` : name)

/** The policy's name without the `<tier>.` that older Calico versions demand in front of it. */
export function bareName(hit: Pick<PolicyHit, 'name' | 'tier'>): string {
  const prefix = `${hit.tier}.`
  return hit.tier !== undefined && hit.name.startsWith(prefix) && hit.name.length > prefix.length
    ? hit.name.slice(prefix.length)
    : hit.name
}

function enterpriseName(hit: PolicyHit): string {
  if (hit.kind === 'Profile') return `${profileTier}.${hit.name}`
  const mark = hit.staged ? stagedMark : ''
  const prefix = prefixOf.get(hit.kind)
  if (prefix) return withNamespace(hit.namespace, `${mark}${prefix}.${hit.tier ?? ''}.${bareName(hit)}`)
  return withNamespace(hit.namespace, `${hit.tier ?? ''}.${mark}${bareName(hit)}`)
}

/** Calico Enterprise's text, which is what we store. `1|app|shop/app.checkout|deny|-1`. */
export function printEnterpriseHit(hit: PolicyHit): string {
  return `${hit.index}|${hit.tier ?? profileTier}|${enterpriseName(hit)}|${hit.action}|${ruleText(hit.rule)}`
}

/** Goldmane's and Felix's text, with the kind spelled out. `1|app|np:shop/app.checkout|deny|-1`. */
export function printGoldmaneHit(hit: PolicyHit): string {
  const name = `${shortOf(hit)}:${withNamespace(hit.namespace, hit.name)}`
  return `${hit.index}|${hit.tier ?? profileTier}|${name}|${hit.action}|${ruleText(hit.rule)}`
}

type NamePart = Pick<PolicyHit, 'kind' | 'name' | 'staged'> & { readonly namespace?: string }

function splitNamespace(text: string): { readonly namespace?: string; readonly rest: string } {
  const slash = text.indexOf('/')
  return slash > 0 ? { namespace: text.slice(0, slash), rest: text.slice(slash + 1) } : { rest: text }
}

function goldmaneName(text: string): NamePart | undefined {
  const colon = text.indexOf(':')
  const entry = byShort.get(text.slice(0, colon))
  if (colon < 0 || !entry) return undefined
  const { namespace, rest } = splitNamespace(text.slice(colon + 1))
  return { kind: entry.kind, staged: entry.staged, name: rest, ...(namespace && { namespace }) }
}

/** Takes the staged mark off, wherever the version that wrote it put it: before the tier or after. */
function unstage(text: string): { readonly staged: boolean; readonly rest: string } {
  const at = text.indexOf(stagedMark)
  if (at < 0) return { staged: false, rest: text }
  return { staged: true, rest: text.slice(0, at) + text.slice(at + stagedMark.length) }
}

function enterpriseKind(tier: string, rest: string, namespace: string | undefined): Pick<PolicyHit, 'kind' | 'name'> {
  for (const [kind, prefix] of namePrefixes) {
    const full = `${prefix}.${tier}.`
    if (rest.startsWith(full) && rest.length > full.length) return { kind, name: rest.slice(full.length) }
  }
  const kind = namespace ? 'CalicoNetworkPolicy' : 'GlobalNetworkPolicy'
  return { kind, name: bareName({ name: rest, tier }) }
}

function parseEnterpriseName(tier: string, text: string): NamePart {
  const { namespace, rest: named } = splitNamespace(text)
  const { staged, rest } = unstage(named)
  return { ...enterpriseKind(tier, rest, namespace), staged, ...(namespace && { namespace }) }
}

function profileName(text: string): NamePart {
  const name = goldmaneName(text)?.name ?? text.replace(/^__PROFILE__\./, '')
  return { kind: 'Profile', name, staged: false }
}

function parseName(tier: string, text: string): NamePart {
  if (tier === profileTier) return profileName(text)
  return goldmaneName(text) ?? parseEnterpriseName(tier, text)
}

const isAction = (text: string): text is PolicyHitAction => text === 'allow' || text === 'deny' || text === 'pass'

/** Reads either text. A text that is neither yields an `error` that names the offending part. */
export function parsePolicyHit(text: string): ParsedPolicyHit {
  const parts = text.split('|')
  const [index = '', tier = '', name = '', action = '', rule = ''] = parts
  if (parts.length !== 5) return { error: `read policy hit "${text}": want 5 parts between bars, got ${parts.length}` }
  if (!/^\d{1,9}$/.test(index)) return { error: `read policy hit "${text}": index "${index}" is not a number` }
  if (!tier || !name) return { error: `read policy hit "${text}": tier and policy must not be empty` }
  if (!isAction(action)) return { error: `read policy hit "${text}": action "${action}" is not allow, deny or pass` }
  const parsedRule = parseRule(rule)
  if (parsedRule === undefined) return { error: `read policy hit "${text}": rule "${rule}" is not -2, -1, 0 or more` }
  const named = parseName(tier, name)
  if (!named.name) return { error: `read policy hit "${text}": policy "${name}" has no name` }
  return {
    hit: {
      index: Number(index),
      ...(tier !== profileTier && { tier }),
      ...named,
      action,
      rule: parsedRule,
    },
  }
}

/** The entries in the order of evaluation, whatever order they came in. */
export function sortHits(hits: readonly PolicyHit[]): readonly PolicyHit[] {
  return hits.toSorted((a, b) => a.index - b.index)
}

/** The entry that decided: the last one, in the order of evaluation, that allows or denies. */
export function decidingHit(hits: readonly PolicyHit[]): PolicyHit | undefined {
  return sortHits(hits).findLast((hit) => hit.action !== 'pass')
}

function describeRule(rule: PolicyHitRule): string {
  if (rule === 'none') return 'no rule matched, tier default'
  return rule === 'unknown' ? 'rule unknown' : `rule ${rule}`
}

/** Words for one entry: `tier app, policy checkout, no rule matched, tier default`. */
export function describeHit(hit: PolicyHit): string {
  if (hit.kind === 'Profile') {
    const profile = hit.name.startsWith('kns.') ? 'namespace profile' : `profile ${hit.name}`
    return `${profile}, not covered by policy`
  }
  const policy = hit.staged ? 'staged policy' : 'policy'
  return `tier ${hit.tier ?? 'unknown'}, ${policy} ${bareName(hit)}, ${describeRule(hit.rule)}`
}

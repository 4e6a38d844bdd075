// What a word matches within a policy hit, `<index>|<tier>|<name>|<action>|<rule>`. The rule stands here once, in words that
// an SQL expression can follow: published queries rely on it.

/**
 * The policy's name without namespace, tier and `staged:`: `shop/staged:default.web`, `default.staged:web` and `default.web`
 * of tier `default` are all `web`. In steps: cut up to the first `/`; cut `staged:` at the start; cut the tier and its
 * point at the start, or with `knp.` before (Kubernetes' own policies); cut `staged:` at the start again.
 */
export function barePolicyName(tier: string, name: string): string {
  let bare = without('staged:', name.slice(name.indexOf('/') + 1))
  bare = without(`${tier}.`, without(`knp.${tier}.`, bare))
  return without('staged:', bare)
}

const without = (prefix: string, text: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)

/** Whether a text is one part of a hit, neighbouring parts joined by `|`, or the bare policy name. */
export function hitMatches(hit: string, text: string): boolean {
  if (`|${hit}|`.includes(`|${text}|`)) return true
  const [, tier, name] = hit.split('|', 3)
  return tier !== undefined && name !== undefined && barePolicyName(tier, name) === text
}

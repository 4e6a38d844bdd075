// What the API server refused us, and the rule that would allow it, as YAML that can be pasted into our role.
import type { Resource } from './discovery.ts'

export interface Refusal {
  readonly resource: Pick<Resource, 'group' | 'resource'>
  readonly verb: 'list' | 'watch'
}

const groupWords = (group: string) => (group === '' ? 'the core API group' : `API group ${group}`)

/** `list pods in the core API group, watch tiers in API group projectcalico.org`. */
export const refusalWords = (refusals: readonly Refusal[]): string =>
  refusals.map(({ verb, resource: { resource, group } }) => `${verb} ${resource} in ${groupWords(group)}`).join(', ')

/** One rule for each API group. Both verbs are needed, whichever was refused first. */
export function missingRules(refusals: readonly Refusal[]): string {
  const byGroup = new Map<string, Set<string>>()
  for (const { resource } of refusals) {
    const resources = byGroup.get(resource.group) ?? new Set()
    byGroup.set(resource.group, resources.add(resource.resource))
  }
  return [...byGroup]
    .map(([group, resources]) =>
      [
        `- apiGroups: ["${group}"]`,
        `  resources: [${[...resources].sort().join(', ')}]`,
        '  verbs: [list, watch]',
      ].join('\n'),
    )
    .join('\n')
}

// The names that were reached, as an object to apply: a policy that selects it allows what was seen and nothing else. Pure.

/** What Kubernetes takes as a name: lower case, digits and dashes, at most 63, beginning and ending with neither dash nor dot. */
export function objectName(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '')
  return plain || 'egress'
}

/** YAML of a GlobalNetworkSet with these domains; the label is for a policy to select it by. */
export function networkSetYaml(name: string, domains: readonly string[]): string {
  const set = objectName(name)
  return [
    'apiVersion: projectcalico.org/v3',
    'kind: GlobalNetworkSet',
    'metadata:',
    `  name: ${set}`,
    '  labels:',
    `    network-set: ${set}`,
    'spec:',
    '  allowedEgressDomains:',
    ...domains.toSorted().map((domain) => `    - ${JSON.stringify(domain)}`),
    '',
  ].join('\n')
}

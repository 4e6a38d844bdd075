// The columns of the list of endpoints, and the two lines that a phone shows of one.
import type { Endpoint } from '@margay/wire'
import { formatCount } from '../../format/number.ts'
import type { ObjectCard, ObjectColumn } from '../../object-table/ObjectTable.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { MarkChip } from './MarkChip.tsx'
import { deniedOf, labelsText, policiesText, protectionOf, shortPolicyName, typeWords } from './words.ts'
import css from './Objects.module.css'

const unknown = <span className="faint">–</span>

function Policies({ policies }: Endpoint) {
  if (policies.length === 0) return <span className="faint">none</span>
  return policies.map((policy, at) => (
    <span key={policy.id} className={css.policy}>
      <i>{at + 1}</i> {shortPolicyName(policy)}
      {policy.staged && <em> staged</em>}{' '}
    </span>
  ))
}

function Labels({ labels }: Endpoint) {
  const text = labelsText(labels)
  return text === '' ? <span className="faint">none</span> : <span className={css.labels}>{text}</span>
}

/** Denied connections; zero is 0, and what is not known a dash. */
function Denied(endpoint: Endpoint) {
  const mark = deniedOf(endpoint)
  if (mark) return <MarkChip mark={{ ...mark, words: formatCount(endpoint.denied!.connections) }} />
  return endpoint.denied === undefined ? unknown : '0'
}

const name = (endpoint: Endpoint) => (
  <>
    <Icon name={endpoint.type === 'hep' ? 'host' : 'workload'} size={12} /> <b className={css.name}>{endpoint.name}</b>
  </>
)

export const endpointColumns: readonly ObjectColumn<Endpoint>[] = [
  {
    id: 'name',
    label: 'Name',
    doc: 'Name of the pod or host endpoint.',
    least: 190,
    grow: 2.2,
    sortable: true,
    draw: name,
    whole: (endpoint) => endpoint.name,
  },
  {
    id: 'namespace',
    label: 'Namespace',
    doc: 'Namespace of the pod; a host endpoint has none.',
    least: 90,
    grow: 0.8,
    sortable: true,
    draw: ({ namespace }) => namespace ?? unknown,
  },
  {
    id: 'ips',
    label: 'IPs',
    doc: 'Its addresses.',
    least: 100,
    grow: 0.9,
    draw: ({ ips }) => (ips.length > 0 ? <span className="mono">{ips.join(', ')}</span> : unknown),
    whole: ({ ips }) => ips.join(', '),
  },
  {
    id: 'node',
    label: 'Node',
    doc: 'The node that it runs on.',
    least: 72,
    grow: 0.6,
    sortable: true,
    draw: ({ node }) => node ?? <span className="faint">not scheduled</span>,
  },
  {
    id: 'type',
    label: 'Type',
    doc: 'Pod or host endpoint, and what it belongs to.',
    least: 100,
    grow: 0.8,
    sortable: true,
    draw: (endpoint) => endpoint.workload?.kind ?? typeWords(endpoint),
    whole: (endpoint) =>
      endpoint.workload
        ? `${typeWords(endpoint)} of ${endpoint.workload.kind} ${endpoint.workload.name}`
        : typeWords(endpoint),
  },
  {
    id: 'protected',
    label: 'Covered by policy',
    doc: 'Whether an enforced policy covers ingress and egress.',
    least: 118,
    grow: 0.5,
    draw: (endpoint) => <MarkChip mark={protectionOf(endpoint)} />,
    whole: (endpoint) => protectionOf(endpoint).why,
  },
  {
    id: 'denied',
    label: 'Denied',
    doc: 'Denied connections in the time of the page, at either end.',
    least: 70,
    grow: 0.4,
    amount: true,
    sortable: true,
    draw: Denied,
    whole: (endpoint) =>
      deniedOf(endpoint)?.why ?? (endpoint.denied ? 'Nothing was denied in this time.' : 'Not known.'),
  },
  {
    id: 'policies',
    label: 'Policies, in their order',
    doc: 'Policies that select it, in the order in which they are asked.',
    least: 200,
    grow: 2.8,
    sortable: true,
    draw: Policies,
    whole: ({ policies }) => policiesText(policies),
  },
  {
    id: 'labels',
    label: 'Labels',
    doc: 'Labels of the pod or host endpoint.',
    least: 140,
    grow: 1.2,
    draw: Labels,
    whole: ({ labels }) => labelsText(labels),
  },
]

export function endpointCard(endpoint: Endpoint): ObjectCard {
  const denied = deniedOf(endpoint)
  return {
    first: (
      <>
        <span>{name(endpoint)}</span>
        <span data-end>{denied ? <MarkChip mark={denied} /> : null}</span>
        <MarkChip mark={protectionOf(endpoint)} />
      </>
    ),
    second: (
      <>
        <span>
          {[endpoint.namespace, endpoint.node, endpoint.policies.map(shortPolicyName).join(', ')]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <span data-end className="mono">
          {endpoint.ips[0]}
        </span>
      </>
    ),
  }
}

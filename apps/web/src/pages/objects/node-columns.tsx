// The columns of the list of nodes, and the two lines that a phone shows of one. What is not told is a dash, never a zero.
import type { Node } from '@margay/wire'
import type { ReactNode } from 'react'
import { formatCount, plural } from '../../format/number.ts'
import type { ObjectCard, ObjectColumn } from '../../object-table/ObjectTable.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { MarkChip } from './MarkChip.tsx'
import { agentMark, nodeRates, readyMark, ownLabels } from './node-words.ts'
import { labelsText } from './words.ts'
import css from './Objects.module.css'

const unknown = <span className="faint">–</span>

const name = (node: Node): ReactNode => (
  <>
    <Icon name="host" size={12} /> <b className={css.name}>{node.name}</b>
  </>
)

type Measure = Parameters<typeof nodeRates>[1]

/** Allowed, and beside it what was denied, marked where there was any. */
function Rate({ node, measure, way }: { readonly node: Node; readonly measure: Measure; readonly way: 'in' | 'out' }) {
  const rates = nodeRates(node, measure)
  if (!rates) return unknown
  const { allowed, denied, anyDenied } = rates[way]
  return (
    <>
      {allowed} {anyDenied && <span className={css.denied}>✕ {denied}</span>}
    </>
  )
}

const rate = (id: string, label: string, measure: Measure, way: 'in' | 'out', doc: string): ObjectColumn<Node> => ({
  id,
  label,
  doc,
  // The longest that a busy node has, `888,888 /s ✕ 58.4 /min`.
  least: 148,
  grow: 1,
  amount: true,
  draw: (node) => <Rate node={node} measure={measure} way={way} />,
  whole: (node) => {
    const rates = nodeRates(node, measure)?.[way]
    return rates ? `${rates.allowed} allowed, ${rates.denied} denied` : 'Nothing there reports: not known.'
  },
})

export const nodeColumns: readonly ObjectColumn<Node>[] = [
  {
    id: 'name',
    label: 'Name',
    doc: 'Name of the node.',
    least: 140,
    grow: 1.2,
    draw: name,
    whole: (node) => node.name,
  },
  {
    id: 'ips',
    label: 'IPs',
    doc: 'Its addresses.',
    least: 110,
    grow: 1,
    draw: ({ ips }) => (ips.length > 0 ? <span className="mono">{ips.join(', ')}</span> : unknown),
    whole: ({ ips }) => ips.join(', '),
  },
  {
    id: 'ready',
    label: 'Ready',
    doc: 'What Kubernetes says of it.',
    least: 96,
    grow: 0.4,
    draw: (node) => {
      const mark = readyMark(node)
      return mark ? <MarkChip mark={mark} /> : unknown
    },
    whole: (node) => readyMark(node)?.why ?? 'Not told.',
  },
  {
    id: 'agent',
    label: 'Agent',
    doc: 'Whether an agent tells of it.',
    least: 100,
    grow: 0.5,
    draw: (node) => <MarkChip mark={agentMark(node)} />,
    whole: (node) => agentMark(node).why,
  },
  {
    id: 'endpoints',
    label: 'Endpoints',
    doc: 'Pods and host endpoints there.',
    least: 72,
    grow: 0.4,
    amount: true,
    draw: ({ endpoints }) => (endpoints === undefined ? unknown : formatCount(endpoints)),
  },
  rate('packets-in', 'Packets in', 'packetsPerSecond', 'in', 'Packets to its endpoints: allowed, ✕ denied.'),
  rate('packets-out', 'Packets out', 'packetsPerSecond', 'out', 'Packets from its endpoints: allowed, ✕ denied.'),
  rate('conns-in', 'Connections in', 'connectionsPerSecond', 'in', 'Connections begun to it: allowed, ✕ denied.'),
  rate('conns-out', 'Connections out', 'connectionsPerSecond', 'out', 'Connections begun from it: allowed, ✕ denied.'),
  {
    id: 'labels',
    label: 'Labels',
    doc: 'Labels of the node, less those that kubelet gives every node; under the pointer all.',
    least: 96,
    grow: 1.2,
    draw: ({ labels }) => <span className={css.labels}>{labelsText(ownLabels(labels)) || 'the usual ones'}</span>,
    whole: ({ labels }) => labelsText(labels),
  },
]

export function nodeCard(node: Node): ObjectCard {
  const rates = nodeRates(node, 'connectionsPerSecond')
  const ready = readyMark(node)
  return {
    first: (
      <>
        <span>{name(node)}</span>
        <span data-end>{ready && <MarkChip mark={ready} />}</span>
        <MarkChip mark={agentMark(node)} />
      </>
    ),
    second: (
      <>
        <span>
          {node.endpoints === undefined ? 'endpoints not known' : plural(node.endpoints, 'endpoint')}
          {/* Before the rates: the end of the line may be cut. */}
          {rates && (rates.in.anyDenied || rates.out.anyDenied) && ' · ✕ denied'}
          {rates && ` · in ${rates.in.allowed} · out ${rates.out.allowed}`}
        </span>
        <span data-end className="mono">
          {node.ips[0]}
        </span>
      </>
    ),
  }
}

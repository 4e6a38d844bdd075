// The summary of a record by log type. A log type without one is read as a table of its fields.
import { isWorthExplaining, type LogType, type Row } from '@margay/model'
import type { ComponentType } from 'react'
import { Explainer } from '../explain/Explainer.tsx'
import { formatCount, formatDuration } from '../format/number.ts'
import { formatTime } from '../format/time.ts'
import { VerdictChip } from '../log-table/presentation.tsx'
import { Chip } from '../ui/Chip.tsx'
import { clauseOf, type Pill } from '../view/pill.ts'
import { EndsOfRecord } from './BothEnds.tsx'
import { dnsSentences, evidenceSentence, flowSentences, volume } from './sentences.ts'
import { Trace } from './Trace.tsx'
import css from './Record.module.css'

export interface SummaryProps {
  readonly type: LogType
  readonly row: Row
  readonly zone: string
  readonly onFilter: (pill: Pill) => void
}

const Said = ({ sentences }: { readonly sentences: readonly string[] }) => (
  <div className={css.said}>
    {sentences.map((sentence) => (
      <p key={sentence}>{sentence}</p>
    ))}
  </div>
)

type Facts = readonly (readonly [label: string, value: string | undefined])[]

/** Label and value; what is not known is a dash. */
const FactList = ({ facts }: { readonly facts: Facts }) => (
  <dl className={css.kv}>
    {facts.map(([label, value]) => (
      <div key={label} style={{ display: 'contents' }}>
        <dt>{label}</dt>
        <dd>{value ?? <span className="faint">–</span>}</dd>
      </div>
    ))}
  </dl>
)

interface LabelsProps extends Pick<SummaryProps, 'row' | 'onFilter'> {
  readonly title: string
  readonly field: string
}

/** Labels, each a filter. */
function Labels({ title, field, row, onFilter }: LabelsProps) {
  const labels = row[field]
  if (!Array.isArray(labels) || labels.length === 0) return null
  return (
    <section>
      <h3>{title}</h3>
      <ul className={css.labels}>
        {(labels as readonly string[]).map((label) => (
          <li key={label}>
            <button type="button" title="Filter in" onClick={() => onFilter(clauseOf(field, label))}>
              {label}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

const same = (a: Row[string], b: Row[string]): boolean => JSON.stringify(a) === JSON.stringify(b)

const list = (value: Row[string]): string | undefined =>
  Array.isArray(value) && value.length > 0 ? (value as readonly unknown[]).flat().join(', ') : undefined

/** Most names lead straight to an address, which needs no saying. */
const aliases = (row: Row): Facts => {
  const names = list(row.dest_domain_aliases)
  return names === undefined ? [] : [['Domain aliases', names]]
}

const count = (value: Row[string]): string | undefined => (value === undefined ? undefined : formatCount(Number(value)))

const process = (row: Row): string | undefined => {
  const name = row.process_name
  if (name === undefined || name === '-') return 'not recorded'
  const pid =
    row.process_id === undefined || row.process_id === '-'
      ? ''
      : row.process_id === '*'
        ? ', several pids'
        : `, pid ${String(row.process_id)}`
  return `${name === '*' ? 'several' : String(name)}${pid}`
}

function FlowSummary({ type, row, zone, onFilter }: SummaryProps) {
  const rtt = row.tcp_mean_smooth_rtt
  const packets =
    row.packets_in === undefined ? undefined : `${count(row.packets_in)} in, ${count(row.packets_out) ?? 0} out`
  return (
    <>
      <div className={css.actions}>
        <VerdictChip row={row} />
        {row.evidence !== undefined && <Chip>{String(row.evidence)}</Chip>}
        <Chip>{formatTime(Number(row.start_time), zone)}</Chip>
      </div>
      {isWorthExplaining(row) && <EndsOfRecord type={type} row={row} zone={zone} />}
      <Said sentences={flowSentences(row)} />
      <Explainer type={type} row={row}>
        <Trace title="Policy trace" texts={row['policies.enforced_policies']} atDestination={row.reporter === 'dst'} />
      </Explainer>
      {!same(row['policies.enforced_policies'], row['policies.pending_policies']) && (
        <Trace
          title="With staged policies"
          texts={row['policies.pending_policies']}
          atDestination={row.reporter === 'dst'}
        />
      )}
      <section>
        <h3>Evidence</h3>
        <p>{evidenceSentence(row)}</p>
      </section>
      <section>
        <h3>What moved</h3>
        <FactList
          facts={[
            ['Bytes', volume(row)],
            ['Packets', packets],
            ['Connections', count(row.num_flows)],
            ['Round trip', rtt === undefined ? 'not measured' : formatDuration(Number(rtt), 'us')],
            ['Retransmits', count(row.tcp_total_retransmissions)],
            ['Process', process(row)],
            ['Arguments', list(row.process_args)],
            ['Domains', list(row.dest_domains)],
            ...aliases(row),
            ['Service', row.dest_service_name === '-' ? 'none' : (row.dest_service_name as string | undefined)],
          ]}
        />
      </section>
      <Labels title="Labels at the source" field="source_labels.labels" row={row} onFilter={onFilter} />
      <Labels title="Labels at the destination" field="dest_labels.labels" row={row} onFilter={onFilter} />
    </>
  )
}

function DnsSummary({ row, zone }: SummaryProps) {
  const latency = (value: Row[string]) => (value === undefined ? 'not measured' : formatDuration(Number(value), 'ns'))
  return (
    <>
      <div className={css.actions}>
        <Chip>{formatTime(Number(row.start_time), zone)}</Chip>
      </div>
      <Said sentences={dnsSentences(row)} />
      <FactList
        facts={[
          ['Answers', list(row['rrsets.rdata'])],
          ['Server', list(row['servers.ip'])],
          ['Server name', list(row['servers.name'])],
          ['Transport', row.transport as string | undefined],
          ['Mean latency', latency(row.latency_mean)],
          ['Largest latency', latency(row.latency_max)],
          ['Lookups', count(row.count)],
          ['Questions sent', count(row.tries)],
          ['Process', process(row)],
        ]}
      />
    </>
  )
}

export const summaries: Readonly<Record<string, ComponentType<SummaryProps>>> = { flows: FlowSummary, dns: DnsSummary }

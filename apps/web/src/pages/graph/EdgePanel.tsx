// The panel of an edge: the finding in a sentence, the verdict, why, the figures, ports, processes of each side.
import { readVertexId, type Conversations, type Edge, type EdgeDetail, type Picture, type PortUse } from '@margay/graph'
import { describeHit, decidingHit, flowLog, type PolicyHit, type Row } from '@margay/model'
import type { Scope } from '../../api/question.ts'
import { Explainer } from '../../explain/Explainer.tsx'
import { formatInterval, formatMinute } from '../../format/time.ts'
import { formatCount } from '../../format/number.ts'
import { EndsOfScope } from '../../record/BothEnds.tsx'
import { readTrace } from '../../log-table/presentation.tsx'
import { concerning, followed, subjectOf } from '../../shell/change-marks.ts'
import { useChanges } from '../../shell/use-changes.ts'
import { Chip } from '../../ui/Chip.tsx'
import { Failed } from '../../ui/Message.tsx'
import { asProblem } from '../../api/problem.ts'
import { Domains } from './Domains.tsx'
import { Figures, rangeTitle, Times } from './Figures.tsx'
import { PanelActions } from './PanelActions.tsx'
import { Outcomes } from './Outcomes.tsx'
import { Processes } from './Processes.tsx'
import { labelsOf } from './labels.ts'
import { useExplanation } from './use-subject-details.ts'
import { VerdictOfEdge } from './VerdictOfEdge.tsx'
import { evidenceOf, findingOf, hasNoAnswer, noAnswerText, reasonOf, type Ends } from './why.ts'
import { within } from './subject.ts'
import css from './Panel.module.css'

interface Props {
  readonly detail: EdgeDetail
  readonly picture: Picture
  readonly conversations: Conversations
  readonly scope: Scope
  readonly onSelect: (id: string) => void
}

export function EdgePanel({ detail: { edge, ports }, picture, conversations, scope, onSelect }: Props) {
  const labels = labelsOf(picture)
  const ends = { source: labels(edge.source), dest: labels(edge.dest) }
  const narrow = within(scope, edge.id, conversations.hierarchy)
  return (
    <div className={css.panel}>
      <div>
        <h1>
          <button type="button" className={css.name} onClick={() => onSelect(edge.source)}>
            {ends.source}
          </button>{' '}
          →{' '}
          <button type="button" className={css.name} onClick={() => onSelect(edge.dest)}>
            {ends.dest}
          </button>
        </h1>
        <div className="dim">{portText(ports)}</div>
      </div>
      <p className={css.finding}>{findingOf(edge, ends)}</p>
      {/* Where policy denied it decides; else what the two ends saw does, and policy is a remark. */}
      {edge.verdict === 'allowed' && <EndsOfScope scope={narrow} />}
      <Why edge={edge} ends={ends} scope={narrow} />
      {edge.verdict !== 'allowed' && <EndsOfScope scope={narrow} />}
      <Outcomes scope={narrow} />
      <Figures tally={edge.tally} title={rangeTitle(scope)} />
      {isOutside(edge.dest) && <Domains scope={narrow} name={`${ends.source} ${ends.dest}`} />}
      <Times scope={narrow} />
      <Ports ports={ports} />
      <Processes scope={narrow} />
      <PanelActions subject={edge.id} tree={conversations.hierarchy} />
    </div>
  )
}

/** Names are asked for before a connection leaves. */
const isOutside = (id: string) => ['network', 'domain', 'kind'].includes(readVertexId(id)?.level ?? '')

const portName = ({ proto, port }: PortUse) => [proto || 'protocol unknown', port].filter(Boolean).join(' ')

function portText(ports: readonly PortUse[]): string {
  const shown = ports.slice(0, 3).map(portName)
  const more = ports.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${formatCount(more)} more` : shown.join(', ')
}

export function Ports({ ports }: { readonly ports: readonly PortUse[] }) {
  if (ports.length === 0) return null
  return (
    <section>
      <h2>Protocols and ports</h2>
      <dl className={css.figures}>
        {ports.slice(0, 8).map((use) => {
          const denied = use.tally.deniedAtSource.connections + use.tally.deniedAtDestination.connections
          return (
            <div key={portName(use)}>
              <dt className="mono">{portName(use)}</dt>
              <dd>
                {formatCount(use.tally.total.connections)}
                {denied > 0 && <span className={css.denied}> {formatCount(denied)} denied</span>}
              </dd>
            </div>
          )
        })}
      </dl>
    </section>
  )
}

interface WhyProps {
  readonly edge: Edge
  readonly ends: Ends
  readonly scope: Scope
}

function Why({ edge, ends, scope }: WhyProps) {
  const denies = edge.verdict !== 'allowed'
  const { data, error } = useExplanation(scope, denies)
  const since = denies && data?.first !== undefined ? data.first : undefined
  return (
    <>
      <div className={css.chips}>
        <VerdictOfEdge edge={edge} long />
        {since !== undefined && <Chip>{sinceText(since, scope)}</Chip>}
      </div>
      {since !== undefined && data?.row && !isThroughout(since, scope) && <Follows moment={since} row={data.row} />}
      <section>
        {hasNoAnswer(edge) && <p>{noAnswerText}</p>}
        {error && <Failed failure={asProblem(error)} />}
        {data &&
          (data.row ? (
            <Reason row={data.row} ends={ends} scope={scope} />
          ) : (
            <p className="faint">No record of it is stored yet.</p>
          ))}
      </section>
    </>
  )
}

/** What was before the range is not known, so what is there from its beginning on has no beginning of its own. */
const isThroughout = (first: number, { from, to }: Scope): boolean => first - from < (to - from) / 60

/** Denied since a moment in the range, or all through it. */
const sinceText = (first: number, scope: Scope): string =>
  isThroughout(first, scope) ? 'all through the range' : `first at ${formatMinute(first, scope.zone)}`

/** The change near its ends that it follows, by its number on the ribbon. What caused it is for the explanation to prove. */
function Follows({ moment, row }: { readonly moment: number; readonly row: Row }) {
  const { changes } = useChanges()
  const namespaces = [String(row['source_namespace']), String(row['dest_namespace'])]
  const change = followed(concerning(changes, namespaces), moment)
  if (!change) return null
  return (
    <p className="dim">
      It follows {change.number} on the ribbon: {subjectOf(change)}.
    </p>
  )
}

function Reason({ row, ends, scope }: { readonly row: Row; readonly ends: Ends; readonly scope: Scope }) {
  const enforced = readTrace(row['policies.enforced_policies'])
  const trace = enforced.length > 0 ? enforced : readTrace(row['policies.all_policies'])
  const start = Number(row['start_time'] ?? 0)
  const end = Number(row['end_time'] ?? start)
  return (
    <>
      <Explainer type={flowLog} row={row}>
        <p>{reasonOf(row, trace, ends)}</p>
        <Trace trace={trace} />
        <p className="faint">{evidenceOf(row)}</p>
      </Explainer>
      <p className="faint">Of the newest record, {formatInterval(start, end, scope.to, scope.zone)}.</p>
    </>
  )
}

/** The stored trace, in the order of evaluation; the entry that decided is marked in words and shape. */
export function Trace({ trace }: { readonly trace: readonly PolicyHit[] }) {
  if (trace.length === 0) return null
  const deciding = decidingHit(trace)
  return (
    <ol className={css.trace} aria-label="Policy trace">
      {trace.map((hit) => (
        <li key={`${hit.index} ${hit.name}`} data-action={hit === deciding ? hit.action : 'passed'}>
          {describeHit(hit)} <b>{hit.action}</b>
        </li>
      ))}
    </ol>
  )
}

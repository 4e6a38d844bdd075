// Both ends of failed and slow connections: the server's sentence first, then what each end, and the way between, saw of
// it. Shown of one record, or of the newest connections of a search; nothing where all went well.
import { writeRow, type LogType, type Row } from '@margay/model'
import type { ConnectionEnds, EndsEvidence, EndsResponse } from '@margay/wire'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { asProblem } from '../api/problem.ts'
import type { Scope } from '../api/question.ts'
import { endsOfRecord, endsOfScope } from '../api/resources.ts'
import { formatClock } from '../format/time.ts'
import { rowId } from '../log-table/row-id.ts'
import { Chip } from '../ui/Chip.tsx'
import { endsOf, exactClock, groupsOf, mayChange, moreWords, placeWords, sourceWords } from './both-ends.ts'
import css from './BothEnds.module.css'

/** The other end's records may still be on their way to the server. */
const askAgainMs = 10_000

const againWhileYoung = ({ state }: { readonly state: { readonly data?: EndsResponse | undefined } }) =>
  state.data && mayChange(state.data, Date.now()) ? askAgainMs : (false as const)

interface RecordProps {
  readonly type: LogType
  readonly row: Row
  readonly zone: string
}

/** Of the connections that a flow record keeps whole, or of the record itself where it has none and failed. */
export function EndsOfRecord({ type, row, zone }: RecordProps) {
  const { data, error } = useQuery({
    queryKey: ['ends of record', type.name, rowId(row, type.time)],
    queryFn: ({ signal }) => endsOfRecord(writeRow(type, row), signal),
    refetchInterval: againWhileYoung,
  })
  return <BothEnds ends={data} failure={error ? asProblem(error).message : undefined} zone={zone} />
}

/** Connections in a panel; the records have all. */
const mostInPanel = 3

/** Of the newest failed and slow connections of a search. */
export function EndsOfScope({ scope }: { readonly scope: Scope }) {
  const { data, error } = useQuery({
    queryKey: ['ends of search', scope],
    queryFn: ({ signal }) => endsOfScope(scope, mostInPanel, signal),
    placeholderData: keepPreviousData,
    refetchInterval: againWhileYoung,
  })
  return <BothEnds ends={data} failure={error ? asProblem(error).message : undefined} zone={scope.zone} />
}

interface Props {
  readonly ends: EndsResponse | undefined
  readonly failure: string | undefined
  readonly zone: string
}

function BothEnds({ ends, failure, zone }: Props) {
  if (failure !== undefined) return <p className="faint">Both ends could not be asked: {failure}.</p>
  if (!ends || ends.connections.length === 0) return null
  return (
    <section className={css.ends} aria-label="Both ends">
      {groupsOf(ends.connections).map((group) => (
        <div key={keyOf(group[0]!)} className={css.group}>
          <p className={css.sentence}>
            {group[0]!.sentence} {!group[0]!.sure && <Chip tone="warn">? not certain</Chip>}
          </p>
          {group.map((connection) => (
            <Connection
              key={keyOf(connection)}
              connection={connection}
              zone={zone}
              isOpen={connection === ends.connections[0]}
            />
          ))}
        </div>
      ))}
      {ends.more > 0 && <p className="faint">{moreWords(ends)}</p>}
    </section>
  )
}

const keyOf = (connection: ConnectionEnds): string => `${connection.start} ${endsOf(connection)}`

interface ConnectionProps {
  readonly connection: ConnectionEnds
  readonly zone: string
  readonly isOpen: boolean
}

function Connection({ connection, zone, isOpen }: ConnectionProps) {
  // What policies say stands under Why, with the trace.
  const evidence = connection.evidence.filter(({ from }) => from !== 'policy')
  return (
    <details open={isOpen}>
      <summary>
        {formatClock(Math.floor(connection.start / 1000), zone)} <span className="mono">{endsOf(connection)}</span>
      </summary>
      <ul className={css.evidence} aria-label="Evidence from both ends">
        {evidence.map((each) => (
          <Evidence key={`${each.at} ${each.host} ${each.text}`} evidence={each} zone={zone} />
        ))}
      </ul>
    </details>
  )
}

interface EvidenceProps {
  readonly evidence: EndsEvidence
  readonly zone: string
}

function Evidence({ evidence: { at, host, from, time, text }, zone }: EvidenceProps) {
  return (
    <li title={sourceWords[from]}>
      <b>{placeWords[at]}</b>
      {host !== undefined && ` on ${host}`}
      {time !== undefined && `, ${exactClock(time, zone)}`}: {text}
    </li>
  )
}

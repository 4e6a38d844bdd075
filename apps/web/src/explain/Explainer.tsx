// Why a flow is allowed or denied, for the side panel: sentences first, then the trace in order with the rules, whoever
// isolates, what would admit it, and last what the verdict rests on. Until it is there, and where it cannot be had, what the
// record itself says stands in its place. Key `e` goes to it.
import { writeRow, type LogType, type Row } from '@margay/model'
import type { ExplainedDirection, Hit, PolicyExplanation } from '@margay/wire'
import { useQuery } from '@tanstack/react-query'
import { useRef, type ReactNode } from 'react'
import { asProblem, type ProblemError } from '../api/problem.ts'
import { explainPolicy } from '../api/resources.ts'
import { rowId } from '../log-table/row-id.ts'
import { Chip, type Tone } from '../ui/Chip.tsx'
import { useKeys } from '../ui/keys.ts'
import { Loading } from '../ui/Message.tsx'
import { clausesOf, decidedBy, directionTitle, disagreement, evidenceText } from './words.ts'
import css from './Explainer.module.css'

interface Props {
  readonly type: LogType
  readonly row: Row
  readonly title?: string
  /** What the record says of its verdict, by itself. */
  readonly children: ReactNode
}

export function Explainer({ type, row, title = 'Why', children }: Props) {
  const { data, error, isPending } = useQuery({
    queryKey: ['explanation of', type.name, rowId(row, type.time)],
    queryFn: ({ signal }) => explainPolicy({ record: writeRow(type, row) }, signal),
  })
  const section = useRef<HTMLElement>(null)
  useKeys({ e: () => goTo(section.current) })
  const isTold = data !== undefined && data.objects > 0
  return (
    <section ref={section} className={css.why} tabIndex={-1} aria-label={title}>
      <h2 className={css.heading}>{title}</h2>
      <Loading active={isPending} label="Judging it by the policies of its moment" />
      {isTold ? (
        <Explanation explanation={data} />
      ) : (
        <>
          {children}
          <NotExplained explanation={data} error={error ? asProblem(error) : undefined} />
        </>
      )}
    </section>
  )
}

/** A row that the cursor has gone on to is meant rather than the one that is open. */
function goTo(section: HTMLElement | null): boolean {
  if (!section || document.querySelector('[data-cursor]:not([aria-selected=true])')) return false
  section.scrollIntoView({ block: 'start' })
  section.focus({ preventScroll: true })
  return true
}

interface NotExplainedProps {
  readonly explanation: PolicyExplanation | undefined
  readonly error: ProblemError | undefined
}

function NotExplained({ explanation, error }: NotExplainedProps) {
  if (error)
    return (
      <p className="faint">
        The policies of that moment could not be asked: {error.message}. {error.hint}
      </p>
    )
  const [fact] = explanation?.unknown ?? []
  if (!fact) return null
  return (
    <p className="faint">
      Not judged again: {fact.why}
      {fact.hint ? `; ${fact.hint}` : ''}.
    </p>
  )
}

function Explanation({ explanation }: { readonly explanation: PolicyExplanation }) {
  const { directions, missing, recorded, notes } = explanation
  const differs = disagreement(explanation)
  return (
    <>
      {directions.length === 0 && <p>{explanation.headline}. No policy is asked at either end.</p>}
      {directions.map((direction) => (
        <Direction
          key={`${direction.direction} ${direction.endpoint}`}
          direction={direction}
          folded={direction.verdict === 'allow' && explanation.verdict !== 'allow'}
        />
      ))}
      {missing.length > 0 && (
        <p className={css.missing}>
          <Chip tone="warn">? cannot tell</Chip> Not known: {missing.map(({ text }) => text).join(', ')}.
        </p>
      )}
      <p className={css.evidence}>{evidenceText(explanation)}</p>
      {differs && (
        <div className={css.differs}>
          <p>
            <Chip tone="warn">≠ they differ</Chip> {differs}
          </p>
          {recorded && recorded.trace.length > 0 && <Trace hits={recorded.trace} decided={recorded.trace.at(-1)} />}
        </div>
      )}
      {notes.map((note) => (
        <p key={note} className="faint">
          {note}
        </p>
      ))}
    </>
  )
}

const verdicts: { readonly [V in ExplainedDirection['verdict']]: readonly [words: string, tone: Tone] } = {
  allow: ['allow', 'allow'],
  deny: ['✕ deny', 'deny'],
  unknown: ['? cannot tell', 'warn'],
}

interface DirectionProps {
  readonly direction: ExplainedDirection
  /** It is not what stands in the way: its title says enough at first. */
  readonly folded: boolean
}

function Direction({ direction, folded }: DirectionProps) {
  const { verdict, trace, decision, fix } = direction
  const [words, allowTone] = verdicts[verdict]
  const tone = verdict === 'deny' && direction.direction === 'ingress' ? 'dest' : allowTone
  return (
    <details className={css.direction} open={!folded}>
      <summary className={css.title}>
        <b>{directionTitle(direction)}</b> <Chip tone={tone}>{words}</Chip>
      </summary>
      <ul className={css.clauses}>
        {clausesOf(direction).map((clause) => (
          <li key={clause}>{clause}</li>
        ))}
      </ul>
      <Trace
        hits={trace}
        decided={decidedBy(direction)}
        rule={decision.ruleWords}
        atDestination={direction.direction === 'ingress'}
      />
      {fix && (
        <p className={css.fix}>
          <b>To admit it:</b> {fix.text}. Tried: with it this direction is allowed.
        </p>
      )}
    </details>
  )
}

interface TraceProps {
  readonly hits: readonly Hit[]
  readonly decided: Hit | undefined
  /** The deciding rule in words. */
  readonly rule?: string | undefined
  readonly atDestination?: boolean
}

function Trace({ hits, decided, rule, atDestination = false }: TraceProps) {
  if (hits.length === 0) return null
  return (
    <ol className={css.trace} aria-label="Policy trace">
      {hits.map((hit) => (
        <li key={hit.text} data-look={hit === decided ? lookOf(hit, atDestination) : 'passed'} title={hit.text}>
          {hit.words}: <b>{hit.action}</b>
          {hit === decided && rule !== undefined && <span className={css.rule}>{rule}</span>}
        </li>
      ))}
    </ol>
  )
}

const lookOf = ({ action }: Hit, atDestination: boolean): string =>
  action === 'deny' && atDestination ? 'denied-there' : action

// A stored policy trace, entry by entry in the order of evaluation, in the words of the model's policy hit.
import { decidingHit, describeHit, parsePolicyHit, type Row } from '@margay/model'
import { readTrace } from '../log-table/presentation.tsx'
import css from './Record.module.css'

interface Props {
  readonly title: string
  readonly texts: Row[string]
  /** Where a denial stands: at the source or at the destination. */
  readonly atDestination: boolean
}

export function Trace({ title, texts, atDestination }: Props) {
  const hits = readTrace(texts)
  const unread = Array.isArray(texts) ? (texts as readonly string[]).filter((text) => !parsePolicyHit(text).hit) : []
  if (hits.length + unread.length === 0) return null
  const decided = decidingHit(hits)
  return (
    <section>
      <h3>{title}</h3>
      <ol className={css.trace}>
        {hits.map((hit, at) => {
          const tone = hit !== decided ? undefined : hit.action === 'deny' && atDestination ? css.dest : css[hit.action]
          return (
            <li key={at} className={tone}>
              {describeHit(hit)}: <b>{hit.action}</b>
            </li>
          )
        })}
        {unread.map((text) => (
          <li key={text} className="mono" title="Not in the form of a policy hit">
            {text}
          </li>
        ))}
      </ol>
    </section>
  )
}

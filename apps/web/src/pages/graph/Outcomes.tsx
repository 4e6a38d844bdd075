// How the connections of an edge went, whatever policy said of them: a service that is away answers nothing and is not denied.
import type { Scope } from '../../api/question.ts'
import { formatCount } from '../../format/number.ts'
import { formatMinute } from '../../format/time.ts'
import { useOutcomes, type OutcomeUse } from './use-subject-details.ts'
import css from './Panel.module.css'

const spanText = ({ first, last }: OutcomeUse, { zone }: Scope): string => {
  const [from, to] = [formatMinute(first, zone), formatMinute(last, zone)]
  return from === to ? `at ${from}` : `${from} to ${to}`
}

/** Nothing where every connection was established: then there is no news. */
export function Outcomes({ scope }: { readonly scope: Scope }) {
  const { data } = useOutcomes(scope)
  const failed = data?.filter(({ outcome }) => outcome !== 'established' && outcome !== '') ?? []
  const missed = failed.reduce((sum, { connections }) => sum + connections, 0)
  if (!data || missed === 0) return null
  const all = data.reduce((sum, { connections }) => sum + connections, 0)
  return (
    <section>
      <h2>How they went</h2>
      <p>
        {formatCount(missed)} of {formatCount(all)} connections did not get through.
      </p>
      <dl className={css.figures}>
        {data.map((use) => (
          <div key={use.outcome}>
            <dt>{use.outcome || 'not known'}</dt>
            <dd>
              {failed.includes(use) && <span className="faint">{spanText(use, scope)} </span>}
              {formatCount(use.connections)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

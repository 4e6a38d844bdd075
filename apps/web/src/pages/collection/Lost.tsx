// What was lost since when, by kind; nothing lost is said as 0.
import type { Source } from '@margay/wire'
import { formatCount } from '../../format/number.ts'
import { formatTime } from '../../format/time.ts'
import css from './Collection.module.css'

export function Lost({ lost, zone }: { readonly lost: Source['lost']; readonly zone: string }) {
  const some = lost.filter(({ count }) => count > 0)
  if (some.length === 0) return <>0</>
  return (
    <span className={css.lost}>
      {some.map(({ what, count, since }) => (
        <span key={what} title={`since ${formatTime(since, zone)}`}>
          {formatCount(count)} {what}
          <br />
        </span>
      ))}
    </span>
  )
}

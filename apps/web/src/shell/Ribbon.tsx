// The ribbon, on every page: allowed and denied over the range, times without data hatched, changes marked, and brushing it zooms. Its
// finding is said in words under it, which is also what a screen reader gets.
import { useId } from 'react'
import { formatCount, plural } from '../format/number.ts'
import { formatTime, formatWithin } from '../format/time.ts'
import { useBrush } from '../ui/use-brush.ts'
import { useZone } from '../view/as-of.tsx'
import { endsNow } from '../view/moment.ts'
import { useView } from '../view/use-view.ts'
import { ChangeMarks } from './ChangeMarks.tsx'
import { denied, ribbonTotals, type Bucket } from './ribbon-buckets.ts'
import { useRibbon } from './use-ribbon.ts'
import css from './Ribbon.module.css'

const height = 38

export function Ribbon() {
  const { view, changeView } = useView()
  const { buckets = [], range } = useRibbon()
  const zone = useZone()
  const width = range.to - range.from
  const at = (share: number) => Math.round(range.from + share * width)
  const { brush, hover, handlers } = useBrush((from, to) =>
    changeView({ range: { from: { at: at(from) }, to: { at: Math.max(at(to), at(from) + 1) } }, live: false }),
  )
  const under = hover === undefined ? undefined : buckets.find(({ from, to }) => at(hover) >= from && at(hover) < to)
  return (
    <section className={css.ribbon} aria-label="Allowed and denied over time">
      <div className={css.over}>
        <div className={css.bars} {...handlers}>
          <Bars buckets={buckets} from={range.from} width={width} />
          {brush && (
            <div
              className={css.brush}
              style={{
                left: `${Math.min(brush.start, brush.end) * 100}%`,
                width: `${Math.abs(brush.end - brush.start) * 100}%`,
              }}
            />
          )}
        </div>
        {/* Beside the bars and not in them: what is pressed in its list must not begin a brush. */}
        <ChangeMarks range={range} />
      </div>
      <div className={css.axis}>
        <span>{formatWithin(range.from, width, zone)}</span>
        <span className={css.finding} aria-live="off">
          {finding(buckets)}
        </span>
        <span>{endsNow(view.range) ? 'now' : formatWithin(range.to, width, zone)}</span>
      </div>
      {under && hover !== undefined && <Tip bucket={under} share={hover} zone={zone} />}
    </section>
  )
}

/** The ribbon in one sentence. */
export function finding(buckets: readonly Bucket[]): string {
  const { allowed, deniedAtSource, deniedAtDestination, gaps } = ribbonTotals(buckets)
  const all = deniedAtSource + deniedAtDestination
  if (buckets.length === 0) return ''
  if (allowed + all === 0) return gaps > 0 ? 'no records in this time' : 'no flows match'
  const parts = [`${plural(allowed, 'record')} allowed`]
  if (deniedAtSource > 0) parts.push(`${formatCount(deniedAtSource)} denied at source`)
  if (deniedAtDestination > 0) parts.push(`${formatCount(deniedAtDestination)} denied at destination`)
  if (all === 0) parts.push('none denied')
  if (gaps > 0) parts.push('hatched: no data')
  return parts.join(' · ')
}

interface BarsProps {
  readonly buckets: readonly Bucket[]
  readonly from: number
  readonly width: number
}

function Bars({ buckets, from, width }: BarsProps) {
  const hatch = useId()
  const most = Math.max(1, ...buckets.map((bucket) => bucket.allowed + denied(bucket)))
  const x = (time: number) => ((time - from) / width) * 1200
  return (
    <svg viewBox={`0 0 1200 ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className={css.gapLine} d="M1 0v6" />
      </pattern>
      {buckets.map((bucket) => {
        const [left, right] = [Math.max(0, x(bucket.from)), Math.min(1200, x(bucket.to))]
        const bar = { x: left, width: Math.max(0.5, right - left - 0.8) }
        if (bucket.gap) return <rect key={bucket.from} {...bar} y={2} height={height - 2} fill={`url(#${hatch})`} />
        return <Stack key={bucket.from} bucket={bucket} most={most} bar={bar} />
      })}
    </svg>
  )
}

/** A share that is there is seen, however small. */
const least = 1.5

function Stack({ bucket, most, bar }: { bucket: Bucket; most: number; bar: { x: number; width: number } }) {
  const tall = (count: number) => (count === 0 ? 0 : Math.max(least, (count / most) * (height - 3)))
  const allowed = tall(bucket.allowed)
  const source = tall(bucket.deniedAtSource)
  const destination = tall(bucket.deniedAtDestination)
  return (
    <>
      <rect {...bar} className={css.allowed} y={height - allowed} height={allowed} />
      <rect {...bar} className={css.source} y={height - allowed - source} height={source} />
      <rect {...bar} className={css.destination} y={height - allowed - source - destination} height={destination} />
    </>
  )
}

function Tip({ bucket, share, zone }: { readonly bucket: Bucket; readonly share: number; readonly zone: string }) {
  const side = share < 0.7 ? { left: `calc(${share * 100}% + 8px)` } : { right: `calc(${(1 - share) * 100}% + 8px)` }
  return (
    <div className={css.tip} style={side}>
      <b>{formatTime(bucket.from, zone)}</b>
      {bucket.gap ? (
        <span>no records came in: unknown, not zero</span>
      ) : (
        <>
          <span>{plural(bucket.allowed, 'record')} allowed</span>
          <span className={css.deny}>✕ {formatCount(bucket.deniedAtSource)} denied at source</span>
          <span className={css.dest}>✕ {formatCount(bucket.deniedAtDestination)} denied at destination</span>
        </>
      )}
      <span className="faint">Drag to zoom</span>
    </div>
  )
}

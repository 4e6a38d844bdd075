// Where no object is known of the page's moment: who would tell of them, or, where the moment is only too early, since when
// they are known and the way there.
import type { AsOf } from '@margay/wire'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { askGroups } from '../../api/question.ts'
import { sentence } from '../../format/sentence.ts'
import { formatTime } from '../../format/time.ts'
import { Button } from '../../ui/Button.tsx'
import { Empty } from '../../ui/Message.tsx'
import { useAsOf, useZone } from '../../view/as-of.tsx'
import { defaultRange, resolveRange } from '../../view/moment.ts'
import { useView } from '../../view/use-view.ts'

export function Nobody({ first: { at, unknown } }: { readonly first: AsOf }) {
  const begin = useFirstKnown()
  if (begin === 'asking') return null
  if (begin !== undefined && begin > at) return <TooEarly at={at} begin={begin} />
  return (
    <Empty title="Nobody told of any objects of that moment">
      {unknown.map(({ what, why, hint }) => (
        <p key={what}>
          {sentence(why)} {hint && sentence(hint)}
        </p>
      ))}
      {unknown.length === 0 && (
        <p>The server reads them from the Kubernetes API, or from YAML files that it is told of.</p>
      )}
      <Link to="/collection">What is being recorded: Collection</Link>
    </Empty>
  )
}

function TooEarly({ at, begin }: { readonly at: number; readonly begin: number }) {
  const zone = useZone()
  const { view, changeView } = useView()
  const { now } = useAsOf()
  const { from, to } = resolveRange(view.range, now)
  const end = Math.min(now, begin + Math.max(to - from, leastWidth))
  return (
    <Empty title="Nobody told of any objects of that moment">
      <p>
        It was {formatTime(at, zone)}; objects of the cluster are known since {formatTime(begin, zone)}.
      </p>
      <Button onClick={() => changeView({ range: { from: { at: begin }, to: { at: end } } })}>
        The first time that is known
      </Button>
      <Button onClick={() => changeView({ range: defaultRange })}>As they are now</Button>
    </Empty>
  )
}

/** The objects that were there first are written in the first seconds, one after the other. */
const leastWidth = 60

/** When the first object that is still known was seen, Unix seconds; undefined where none ever was, or nobody can say. */
function useFirstKnown(): number | undefined | 'asking' {
  const { now } = useAsOf()
  const { data, isPending } = useQuery({
    queryKey: ['first object known'],
    queryFn: async ({ signal }) => {
      const scope = { from: 0, to: now, query: '', zone: 'UTC' }
      const select = { by: [], measures: { first: { min: 'time' } }, limit: 1 }
      const { groups } = await askGroups('objects', scope, 'every', select, signal)
      const time = groups[0]?.measures.first
      return { time: time === undefined ? undefined : Number(time) }
    },
  })
  return isPending ? 'asking' : data?.time
}

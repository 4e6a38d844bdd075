// The states of the graph beside a good picture: nothing there, failed, too much, not all of it, the query wrong.
import type { Picture } from '@margay/graph'
import { formatCount } from '../../format/number.ts'
import { aggregationSentence } from '../../graph/words.ts'
import { useIsFiltered, WaysOut } from '../../shell/WaysOut.tsx'
import { Button } from '../../ui/Button.tsx'
import { Banner, Empty, Failed, FailedBanner } from '../../ui/Message.tsx'
import { mostGroups, type FlowGroups } from './use-flow-groups.ts'
import css from './Graph.module.css'

interface Props {
  readonly groups: FlowGroups
  readonly picture: Picture | undefined
  readonly onDrawAll: () => void
}

export function GraphStates({ groups, picture, onDrawAll }: Props) {
  const { error, problem, answer, conversations } = groups
  const isEmpty = conversations?.length === 0
  const sentence = picture && aggregationSentence(picture)
  if (error && !picture) return <Failed failure={error} />
  return (
    <>
      <div className={css.banners}>
        {error && <FailedBanner failure={error} />}
        {problem && picture && <Banner>The query cannot be asked. What you see is older.</Banner>}
        {answer?.truncated && (
          <Banner>
            More than {formatCount(mostGroups)} groups of flows: the heaviest are drawn, and every denial. Totals under
            the graph are of all.
          </Banner>
        )}
        {sentence && (
          <Banner>
            {sentence}
            <Button small onClick={onDrawAll}>
              Draw all anyway
            </Button>
          </Banner>
        )}
      </div>
      {isEmpty && !error && <Nothing />}
      {!isEmpty && picture?.vertices.length === 0 && (
        <Empty title="Only infrastructure talked">
          <p>Its namespaces are hidden; “Infrastructure hidden” shows them.</p>
        </Empty>
      )}
    </>
  )
}

function Nothing() {
  const hasFilter = useIsFiltered()
  return (
    <Empty title={hasFilter ? 'No flows match in this time' : 'No flows were recorded in this time'}>
      <p>
        {hasFilter
          ? 'The query and the filters leave nothing.'
          : 'Widen the range, or make some traffic and watch it live:'}
      </p>
      {!hasFilter && (
        <>
          <code className={css.command}>curl http://127.0.0.1:8585/</code>
          <p>Collection says whether anything is recorded at all.</p>
        </>
      )}
      <WaysOut />
    </Empty>
  )
}

// Records over time by verdict or response code, above the table.
import type { LogType } from '@margay/model'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { asProblem } from '../../api/problem.ts'
import { askGroups, type Scope } from '../../api/question.ts'
import { histogramData } from '../../charts/histogram/histogram-data.ts'
import { Histogram } from '../../charts/histogram/Histogram.tsx'
import { breakdownOf } from '../../log-table/presentation.tsx'
import { FailedBanner } from '../../ui/Message.tsx'
import { bucketWidth } from '../../view/moment.ts'
import { useView } from '../../view/use-view.ts'
import css from './Explore.module.css'

const bucketsAtMost = 80
const groupsAtMost = 10_000

export function ExploreHistogram({ type, scope, enabled }: { type: LogType; scope: Scope; enabled: boolean }) {
  const { changeView } = useView()
  const width = bucketWidth(scope, bucketsAtMost)
  const { data, error } = useQuery({
    queryKey: ['histogram', type.name, scope, width],
    queryFn: async ({ signal }) => {
      const by = [{ timeBucket: width }, { field: breakdownOf(type.name) }]
      const select = { by, measures: { rows: { rows: true as const } }, limit: groupsAtMost }
      const { groups } = await askGroups(type.name, scope, 'every', select, signal)
      return { groups, scope, width }
    },
    enabled,
    placeholderData: keepPreviousData,
  })
  const drawn = useMemo(() => data && histogramData(data.groups, data.scope, data.width), [data])
  if (error) return <FailedBanner failure={asProblem(error)} alone={!drawn} />
  if (!drawn) return enabled ? <div className={css.histogram} /> : null
  return (
    <Histogram
      data={drawn}
      zone={scope.zone}
      label={`Records by ${breakdownOf(type.name)} over time`}
      onBrush={(from, to) => changeView({ range: { from: { at: from }, to: { at: to } }, live: false })}
    />
  )
}

export default ExploreHistogram

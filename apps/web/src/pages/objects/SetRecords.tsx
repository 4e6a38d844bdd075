// How many flow records a network set has: those that opening its row shows. Each set is asked for as its row is drawn.
import type { NetworkSet } from '@margay/wire'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { askGroups, type Scope } from '../../api/question.ts'
import { formatCount, plural } from '../../format/number.ts'
import { useScope } from '../../view/as-of.tsx'
import { addPill, composeQuery, pill } from '../../view/pill.ts'
import { useView } from '../../view/use-view.ts'
import { networkSetKql } from './words.ts'

interface Props {
  readonly set: NetworkSet
  /** Where no head of a column says what is counted. */
  readonly unit?: boolean
}

export function SetRecords({ set, unit = false }: Props) {
  const { view } = useView()
  const { scope, problem } = useScope('flows')
  const isEmpty = set.nets.length + set.domains.length === 0
  const query = composeQuery(view.query, addPill(view.pills, pill(networkSetKql(set))))
  const { data, error } = useQuery({
    queryKey: ['records of a network set', { ...scope, query }],
    queryFn: ({ signal }) => countRecords({ ...scope, query }, signal),
    enabled: !problem && !isEmpty,
    placeholderData: keepPreviousData,
  })
  if (isEmpty) return <Unknown why="It holds no network and no domain, so no record can be its own." />
  if (problem) return <Unknown why={`The query of the page cannot be asked: ${problem.message}.`} />
  if (error) return <Unknown why={`Its records could not be counted: ${error.message}.`} />
  if (data === undefined) return null
  return <>{unit ? plural(data, 'record') : formatCount(data)}</>
}

async function countRecords(scope: Scope, signal: AbortSignal): Promise<number> {
  const select = { by: [], measures: { rows: { rows: true as const } }, limit: 1 }
  const { groups } = await askGroups('flows', scope, 'every', select, signal)
  return Number(groups[0]?.measures.rows ?? 0)
}

const Unknown = ({ why }: { readonly why: string }) => (
  <span className="faint" title={why}>
    –
  </span>
)

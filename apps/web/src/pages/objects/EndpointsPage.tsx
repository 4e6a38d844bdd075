// Endpoints: who there is, what policy covers, what was denied. It says first what it finds; a row opens its records.
import { endpointColumns as sortable, type Endpoint } from '@margay/wire'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { getEndpoints, type EndpointsSearch } from '../../api/resources.ts'
import { formatCount, plural } from '../../format/number.ts'
import { ObjectTable } from '../../object-table/ObjectTable.tsx'
import { Button } from '../../ui/Button.tsx'
import { endsNow } from '../../view/moment.ts'
import { useView } from '../../view/use-view.ts'
import { endpointCard, endpointColumns } from './endpoint-columns.tsx'
import { faultOf, type FieldFault } from './field-fault.ts'
import { FilterField } from './FilterField.tsx'
import { isFiltered, textFilters, type FlagFilter, type ObjectView, type TextFilter } from './object-view.ts'
import { ObjectsFrame } from './ObjectsFrame.tsx'
import { pageSize, useLast, useMoment, useObjectPages, type Moment } from './use-object-pages.ts'
import { useObjectView, type ChangeObjects } from './use-object-view.ts'
import { useOpenRecords } from './use-open-records.ts'
import { endpointId, endpointKql, policyName } from './words.ts'

export function EndpointsPage() {
  const { view } = useView()
  const { objects, changeObjects, clear } = useObjectView(sortable)
  const moment = useMoment()
  const search = useMemo(() => searchOf(objects, moment), [objects, moment])
  const pages = useObjectPages(['endpoints', search], (cursor, signal) =>
    getEndpoints({ ...search, limit: pageSize, ...(cursor !== undefined && { cursor }) }, signal),
  )
  const endpoints = useMemo(() => pages.pages.flatMap((page) => page.endpoints), [pages.pages])
  const total = pages.first?.total ?? 0
  const fault = pages.error && faultOf(pages.error)
  const policies = usePolicyNames(endpoints, objects)
  const open = useOpenRecords()
  return (
    <ObjectsFrame
      title={title}
      finding={useFinding(search, pages.isOlder ? undefined : total, isFiltered(objects))}
      pages={{ ...pages, error: fault ?? pages.error }}
      isNow={endsNow(view.range)}
      filtered={isFiltered(objects)}
      filters={<Filters {...{ objects, fault, policies }} onChange={changeObjects} onClear={clear} />}
      onClear={clear}
    >
      <ObjectTable<Endpoint>
        label="Endpoints"
        columns={endpointColumns}
        items={endpoints}
        total={total}
        idOf={endpointId}
        card={endpointCard}
        onOpen={(endpoint) => open(endpointKql(endpoint))}
        sort={objects.sort}
        onSort={(sort) => changeObjects({ sort })}
        onEnd={pages.onEnd}
      />
    </ObjectsFrame>
  )
}

type Search = Omit<EndpointsSearch, 'limit' | 'cursor'>

/** Only what is set is asked for. */
function searchOf({ sort, ...filters }: ObjectView, { at, from, to }: Moment): Search {
  const set = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== '' && value !== false))
  const { column, descending } = sort
  const order = { sort: column as NonNullable<Search['sort']>, ...(descending && { descending }) }
  return { ...set, ...order, from, to, ...(at !== undefined && { at }) }
}

/** Names of the policies of what is listed, before the list is narrowed to one of them. */
function usePolicyNames(endpoints: readonly Endpoint[], { policy }: ObjectView): readonly string[] {
  const names = useMemo(
    () => [...new Set(endpoints.flatMap(({ policies }) => policies.map(policyName)))].sort(),
    [endpoints],
  )
  return useLast(policy === '' ? names : undefined) ?? names
}

interface Counts {
  readonly all: number | undefined
  readonly open: number | undefined
  readonly denied: number | undefined
}

/** Asked once the list itself is there: what it cannot be asked by, they cannot either. The last finding stays meanwhile. */
function useFinding(search: Search, total: number | undefined, filtered: boolean): string | undefined {
  const { unprotected: _, denied: __, unlabelled: ___, ...base } = search
  const { data } = useQuery({
    queryKey: ['endpoint counts', base],
    queryFn: async ({ signal }): Promise<Counts> => {
      const count = async (flag: object) => {
        const { total, unknown } = await getEndpoints({ ...base, ...flag, limit: 1 }, signal)
        return unknown.length === 0 ? total : undefined
      }
      const [all, open, denied] = await Promise.all([count({}), count({ unprotected: true }), count({ denied: true })])
      return { all, open, denied }
    },
    enabled: total !== undefined,
  })
  return useLast(data && total !== undefined ? findingOf(data, total, filtered) : undefined)
}

const title = 'Endpoints'

/** How many are open and how many were denied something, of those that the typed filters leave. */
function findingOf(counts: Counts, total: number, filtered: boolean): string {
  if (counts.all === undefined || counts.open === undefined || counts.all === 0) return title
  const shown = filtered && total !== counts.all ? `${formatCount(total)} of ` : ''
  const open =
    counts.open === 0
      ? 'policies cover each in a direction at least'
      : `${formatCount(counts.open)} that no policy covers`
  const head = `${shown}${plural(counts.all, 'endpoint')}: ${open}`
  if (counts.denied === undefined) return head
  return `${head}, ${counts.denied === 0 ? 'nothing was denied' : `${formatCount(counts.denied)} had traffic denied`}`
}

interface FiltersProps {
  readonly objects: ObjectView
  /** What one of the texts cannot be asked by. */
  readonly fault: FieldFault | undefined
  readonly policies: readonly string[]
  readonly onChange: ChangeObjects
  readonly onClear: () => void
}

const placeholders: { readonly [F in TextFilter]: readonly [label: string, placeholder: string] } = {
  name: ['Name', 'Part of a name'],
  namespace: ['Namespace', 'Namespace'],
  node: ['Node', 'Node'],
  policy: ['Policy name', 'Policy, whole name'],
  labels: ['Label selector', 'Labels: app=web, tier in (a, b)'],
}

const flags: readonly (readonly [FlagFilter, string, string])[] = [
  ['unprotected', '○ Unprotected', 'Only those that no enforced policy covers, in neither direction'],
  ['denied', '✕ With denied traffic', 'Only those with denied traffic in the time of the page'],
  ['unlabelled', 'Unlabelled', 'Only those without labels'],
]

function Filters({ objects, fault, policies, onChange, onClear }: FiltersProps) {
  return (
    <>
      {textFilters.map((filter) => (
        <FilterField
          key={filter}
          label={placeholders[filter][0]}
          placeholder={placeholders[filter][1]}
          value={objects[filter]}
          wide={filter === 'labels'}
          fault={fault?.filter === filter ? fault.message : undefined}
          {...(filter === 'policy' && policies.length > 0 && { choices: policies })}
          onChange={(value) => onChange({ [filter]: value }, { replace: true })}
        />
      ))}
      {flags.map(([flag, words, title]) => (
        <Button
          key={flag}
          small
          aria-pressed={objects[flag]}
          title={title}
          onClick={() => onChange({ [flag]: !objects[flag] })}
        >
          {words}
        </Button>
      ))}
      {isFiltered(objects) && (
        <Button small look="quiet" icon="close" onClick={onClear}>
          Clear
        </Button>
      )}
    </>
  )
}

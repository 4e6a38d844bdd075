// One field of the list, opened: its commonest values with their share of the records, each a filter; or an amount's
// extent. Where no record has the field, it says why that may be and what to do.
import type { Field, LogType, Value } from '@margay/model'
import { asProblem } from '../../api/problem.ts'
import type { Scope } from '../../api/question.ts'
import { formatCount, formatShare, plural } from '../../format/number.ts'
import { formatValue } from '../../format/value.ts'
import { valueFilter } from '../../log-table/cell-filter.ts'
import { InOut } from '../../record/InOut.tsx'
import type { Pill } from '../../view/pill.ts'
import { hasValues, useExtent, useFieldValues, type ValueCount } from './use-field-values.ts'
import css from './Fields.module.css'

interface Props {
  readonly type: LogType
  readonly name: string
  readonly scope: Scope
  readonly enabled: boolean
  readonly onFilter: (pill: Pill) => void
}

export function FieldValues(props: Props) {
  const field = props.type.fields[props.name]!
  return (
    <div className={css.values} role="group" aria-label={`Values of ${props.name}`}>
      {hasValues(field) ? <TopValues {...props} field={field} /> : <ExtentOf {...props} field={field} />}
    </div>
  )
}

const Problem = ({ error }: { readonly error: Error }) => <p role="alert">{asProblem(error).message}.</p>

function TopValues({ type, name, field, scope, enabled, onFilter }: Props & { readonly field: Field }) {
  const { data, error } = useFieldValues(type, name, scope, enabled)
  if (error) return <Problem error={error} />
  if (!data) return <p>{enabled ? 'Counting…' : 'The query cannot be asked.'}</p>
  if (data.rows === 0) return <p>No records match.</p>
  if (data.distinct === 0) return <p>{absentReason(name, field)}</p>
  return (
    <>
      {data.values.map((one) => (
        <TopValue
          key={String(one.value)}
          one={one}
          all={data.rows}
          name={name}
          field={field}
          zone={scope.zone}
          onFilter={onFilter}
        />
      ))}
      <div className={css.foot}>
        <span>
          {plural(data.distinct, 'value')}, {data.exact ? 'exact' : '≈ estimated'}
        </span>
        <span>of {plural(data.rows, 'record')}</span>
      </div>
    </>
  )
}

/** Why no record has a field, as far as that can be said, and what to do. */
export function absentReason(name: string, field: Field): string {
  if (/aggregat/i.test(field.doc) && field.role === 'detail')
    return `No record in this range has ${name}: it is aggregated away (level 2 and up; ports from level 1). Lower the aggregation at the source, to 0 or 1 for allowed flows, to record it.`
  return `No record in this range has ${name}. Collection shows which sources do not record it, and why.`
}

interface TopValueProps {
  readonly one: ValueCount
  readonly all: number
  readonly name: string
  readonly field: Field
  readonly zone: string
  readonly onFilter: (pill: Pill) => void
}

/** Words for values that stand for something else. */
const shown = (field: Field, value: Value | undefined, zone: string): string => {
  if (value === undefined) return '(no value)'
  return value === '-' ? '- (none)' : formatValue(elementField(field), value, zone)
}

/** Lists are counted by element. */
const elementField = (field: Field): Field =>
  (
    {
      keywords: { ...field, kind: 'keyword' },
      ips: { ...field, kind: 'ip' },
      ports: { ...field, kind: 'port' },
      hits: { ...field, kind: 'keyword' },
    } as Partial<Record<Field['kind'], Field>>
  )[field.kind] ?? field

function TopValue({ one, all, name, field, zone, onFilter }: TopValueProps) {
  const share = Math.min(1, one.rows / all)
  const text = shown(field, one.value, zone)
  return (
    <div className={css.value}>
      <button
        type="button"
        className={css.pick}
        title={`${text}: ${plural(one.rows, 'record')}`}
        onClick={() => onFilter(valueFilter(name, one.value, false))}
      >
        {text}
      </button>
      <span className={css.share} title={plural(one.rows, 'record')}>
        {formatCount(one.rows)} <span className="faint">{formatShare(share)}</span>
      </span>
      <InOut field={name} value={one.value} onFilter={onFilter} />
      <div className={css.bar}>
        <i style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  )
}

function ExtentOf({ type, name, field, scope, enabled }: Props & { readonly field: Field }) {
  const { data, error } = useExtent(type, name, scope, enabled)
  if (error) return <Problem error={error} />
  if (!data) return <p>{enabled ? 'Counting…' : 'The query cannot be asked.'}</p>
  if (data.rows === 0) return <p>No records match.</p>
  const text = (value: Value | undefined) =>
    value === undefined ? '–' : formatValue(field, typeof value === 'number' ? Math.round(value) : value, scope.zone)
  return (
    <dl className={css.measures}>
      <dt>Least</dt>
      <dd>{text(data.least)}</dd>
      {field.role !== 'time' && (
        <>
          <dt>Mean</dt>
          <dd>{text(data.mean)}</dd>
        </>
      )}
      <dt>Largest</dt>
      <dd>{text(data.most)}</dd>
    </dl>
  )
}

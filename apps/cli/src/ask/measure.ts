// Measures as words: `rows`, `sum:bytes_in`, `p95:tcp_max_smooth_rtt`, each with a name in the answer.
import type { LogType } from '@margay/model'
import type { Measure } from '@margay/query'
import { CliError } from '../fail.ts'

const kinds = ['sum', 'max', 'min', 'mean', 'distinct'] as const
type Kind = (typeof kinds)[number]
const isKind = (text: string): text is Kind => (kinds as readonly string[]).includes(text)

const expected = `rows, ${kinds.map((kind) => `${kind}:FIELD`).join(', ')}, p95:FIELD`

/** Reads one measure. A field alone is summed. */
export function parseMeasure(text: string, type: LogType): readonly [name: string, measure: Measure] {
  if (text === 'rows') return ['rows', { rows: true }]
  const [head = '', field] = text.split(':')
  if (field === undefined) {
    if (!Object.hasOwn(type.fields, head))
      throw new CliError(`cannot read the measure "${text}"; one of ${expected}`, 2)
    return [head, { sum: head }]
  }
  if (isKind(head)) return [head === 'sum' ? field : `${head}_${field}`, { [head]: field } as unknown as Measure]
  const percent = /^p(\d{1,2}(?:\.\d+)?)$/.exec(head)?.[1]
  if (percent === undefined) throw new CliError(`cannot read the measure "${text}"; one of ${expected}`, 2)
  return [`${head}_${field}`, { quantile: field, at: Number(percent) / 100 }]
}

/** The field whose kind says how a measure's value is printed; none for counts of rows and of values. */
export function measuredField(measure: Measure): string | undefined {
  if ('rows' in measure || 'distinct' in measure) return undefined
  if ('quantile' in measure) return measure.quantile
  return Object.values<unknown>(measure).find((value): value is string => typeof value === 'string')
}

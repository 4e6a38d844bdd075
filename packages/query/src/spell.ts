// Values spelled for a filter, whatever characters they hold: the one place that click, completion and drill-down quote with.
import type { Value } from '@margay/model'
import type { Filter, Literal } from './filter.ts'
import { literal } from './filter.ts'
import { printLiteral } from './kql/literal.ts'

/** Texts that need no quotes and cannot be taken for anything else. */
const plainPattern = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.\-/]*[\p{L}\p{N}_-])?$/u
const misleading = /^(?:and|or|not|null)$/i

/** The literal that means exactly this text: bare where that is safe, else quoted. */
export const exactly = (text: string): Literal => literal(text, !plainPattern.test(text) || misleading.test(text))

/** A text as a value in KQL. */
export const spellValue = (text: string): string => printLiteral(exactly(text))

/** The text of one value of a row, as a filter compares it. */
export function valueText(value: Exclude<Value, readonly unknown[]>): string {
  return String(value)
}

/** `field: value` for exactly this value. */
export function isValue(field: string, value: Exclude<Value, readonly unknown[]>): Filter {
  return { kind: 'is', field: fieldLiteral(field), value: exactly(valueText(value)) }
}

/** A field's name as a literal. */
export const fieldLiteral = (field: string): Literal => exactly(field)

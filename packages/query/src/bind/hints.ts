// What was probably meant by a name or a value that means nothing on a log type.
import type { LogType } from '@margay/model'
import type { Filter, Literal } from '../filter.ts'
import { literal } from '../filter.ts'
import type { Problem } from '../problem.ts'
import { indexField, membersOf, nearest, resolveNames } from './fields.ts'
import { assignmentSlip, conjunctionSlip, rangeInKql, slipOfValue } from './slips.ts'
import { shown } from './values.ts'

const isKnownField = (type: LogType, name: string, prefix: string | undefined) =>
  resolveNames(type, literal(name, true), prefix).length > 0

function namesWithin(type: LogType, prefix: string | undefined): readonly string[] {
  if (prefix === undefined) return Object.keys(type.fields)
  return membersOf(type, prefix).map((name) => name.slice(prefix.length + 1))
}

/** What to write instead of an unknown field, within `prefix: { … }` where there is one. */
export function hintForField(type: LogType, written: string, prefix?: string): string | undefined {
  const known = (name: string | undefined) =>
    name !== undefined && isKnownField(type, name, prefix) ? name : undefined
  const members = membersOf(type, written)
  if (members.length > 0) return `it has the members ${members.join(', ')}`
  const negation = known(/^(?:[-!]\s*|not)(\S.*)$/is.exec(written)?.[1])
  if (negation) return `write not ${negation}: …`
  const reversed = known(/^(\S+)\s*=$/.exec(written)?.[1])
  if (reversed) return `write ${reversed} >= … or ${reversed} <= …`
  if (written === '_exists_') return 'write field: *'
  const glued = known(/^.*\S\s+(\S+)$/s.exec(written)?.[1])
  if (glued) return `"and" or "or" may be missing before ${glued}`
  const near = nearest(written, namesWithin(type, prefix))
  return near.length > 0 ? `did you mean ${near.join(', ')}?` : undefined
}

/** A slip in a value without a field: `action = deny` stands as a search for that text, and is hardly one. */
export function slipAnywhere(type: LogType, value: Literal, prefix?: string): Problem | undefined {
  const conjunction = conjunctionSlip(value)
  if (conjunction) return conjunction
  const assignment = assignmentSlip(value)
  if (!assignment) return slipOfValue('field', undefined, value)
  const { name, operator, value: right, isSpaced } = assignment
  const isKnown = isKnownField(type, name, prefix) || name === indexField
  // `app=web` is a label.
  if (!isKnown && !isSpaced) return undefined
  const meant = isKnown ? name : (nearest(name, namesWithin(type, prefix))[0] ?? name)
  const hint = `write ${operator.startsWith('!') ? 'not ' : ''}${meant}: ${right || '…'}; to search for the text, quote it`
  return { message: `"${operator}" is no operator of KQL`, hint }
}

/** `field: { … }` on a field that holds one value. */
export function notAList(name: string, inner: Filter): Problem {
  const message = `"${name}" is no list`
  const text = inner.kind === 'is' && !inner.field ? shown(inner.value) : ''
  const range = /^(.*\S)\s+TO\s+(\S.*)$/i.exec(text)
  if (range) return { message, hint: `write ${rangeInKql(name, false, range[1]!, range[2]!, false)}` }
  return { message, hint: `write ${name}: ( … )` }
}

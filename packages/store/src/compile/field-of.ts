// A field by the name that a question gave.
import type { Field, LogType } from '@margay/model'
import { StoreError } from '../errors.ts'

/** Throws `bad_question` for a name that is no field of the log type. */
export function fieldOf(type: LogType, name: string): Field {
  const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined
  if (!field) throw new StoreError('bad_question', `unknown field "${name}" on log type "${type.name}"`)
  return field
}

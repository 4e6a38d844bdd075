// Which typed filter a refused list is about, and what to do there. The API's messages begin with the parameter that they
// refuse; its hints speak of the API, so where the console has a way of its own that is said instead. Pure.
import type { Failure } from '../../ui/Message.tsx'
import { textFilters, type TextFilter } from './object-view.ts'

export interface FieldFault extends Failure {
  readonly filter: TextFilter
}

const hints: Partial<Readonly<Record<TextFilter, string>>> = {
  policy: 'take one of those that the field offers, or clear it',
}

/** Undefined where the error is about none of the fields. */
export function faultOf({ message, code, hint }: Failure): FieldFault | undefined {
  if (code !== 'bad_request') return undefined
  const said = message.replace(/^parameters: /, '')
  const filter = textFilters.find((name) => said.startsWith(`${name}: `) || said.startsWith(`${name} "`))
  return filter && { filter, message, code, hint: hints[filter] ?? hint }
}

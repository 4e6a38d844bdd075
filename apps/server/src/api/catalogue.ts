// GET /fields: the catalogue as other programs read it.
import type { Field } from '@margay/model'
import { logTypes } from '@margay/model'
import type { AnswerOf } from '@margay/wire'
import type { JsonHandler } from './context.ts'

type FieldEntry = AnswerOf<'fields'>['logTypes'][number]['fields'][number]

function entryOf(name: string, field: Field): FieldEntry {
  const { kind, role, label, doc, unit, values, ours, deprecated } = field
  return {
    name,
    kind,
    role,
    doc,
    ours: ours === true,
    ...(label !== undefined && { label }),
    ...(unit !== undefined && { unit }),
    ...(values !== undefined && { values: [...values] }),
    ...(deprecated !== undefined && { deprecated }),
  }
}

export const fields: JsonHandler<'fields'> = () => ({
  logTypes: logTypes.map(({ name, title, doc, columns, fields: members }) => ({
    name,
    title,
    doc,
    columns: [...columns],
    fields: Object.entries(members).map(([field, entry]) => entryOf(field, entry)),
  })),
})

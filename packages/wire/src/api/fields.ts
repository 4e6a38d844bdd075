// The catalogue as the API tells it, for completion, column pickers and other programs.
import { z } from 'zod'

export const fieldSchema = z.object({
  name: z.string(),
  kind: z.string(),
  role: z.enum(['time', 'dimension', 'detail', 'measure']),
  label: z.string().optional(),
  doc: z.string(),
  unit: z.string().optional(),
  values: z.array(z.string()).optional(),
  ours: z.boolean(),
  deprecated: z.string().optional(),
})

export const fieldsSchema = z.object({
  logTypes: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      doc: z.string(),
      columns: z.array(z.string()),
      fields: z.array(fieldSchema),
    }),
  ),
})

/** Values of a field with their counts, for completion: the commonest first. */
export const valuesRequestSchema = z.strictObject({
  logType: z.string(),
  field: z.string(),
  prefix: z.string().max(256).default(''),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
})
export const valuesSchema = z.object({
  values: z.array(z.object({ value: z.string(), count: z.number() })),
  exact: z.boolean().describe('False where a list field has too many distinct lists: counts are at least that.'),
})

export type FieldsResponse = z.output<typeof fieldsSchema>
export type ValuesResponse = z.output<typeof valuesSchema>

import { logTypes } from '@margay/model'
import { expect, it } from 'vitest'
import { breakdownOf } from './presentation.tsx'

it.each(logTypes.map((type) => [type.name, type] as const))(
  'splits the histogram of %s by a field that it has',
  (_, type) => expect(Object.keys(type.fields)).toContain(breakdownOf(type.name)),
)

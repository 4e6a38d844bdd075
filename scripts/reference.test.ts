import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { logTypes } from '@margay/model'
import { expect, it } from 'vitest'
import { referencePage } from './reference.ts'

it.each(logTypes.map((type) => [type.name, type] as const))(
  'the reference page of %s is what the catalogue says',
  (name, type) => {
    expect(readFileSync(join(import.meta.dirname, '..', 'docs', 'reference', `fields-${name}.md`), 'utf8')).toBe(
      referencePage(type),
    )
  },
)

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { apiPage, optionsPage } from './reference.ts'

const page = (name: string) => join(import.meta.dirname, '../../../docs/reference', name)

it('has the reference of the API as it is declared', async () => {
  await expect(apiPage()).toMatchFileSnapshot(page('api.md'))
})

it('has the reference of the server options as they are declared, without a path of this machine', async () => {
  await expect(optionsPage()).toMatchFileSnapshot(page('server-options.md'))
  expect(optionsPage()).not.toContain(join(import.meta.dirname, '../../..'))
})

import { createLogger } from '@margay/kit'
import { expect, it } from 'vitest'
import { createLogin } from './login.ts'

const deps = {
  cluster: 'home',
  post: () => () => Promise.reject(new Error('nobody is asked')),
  log: createLogger({ level: 'error', form: 'json' }, { write: () => undefined }),
  clock: () => 0,
}
const adviceOf = (viewerRole?: string) => createLogin({ kubernetes: true, viewerRole }, deps)?.advice

it('advises to the ClusterRole that an installation has, whatever its name', () => {
  expect(adviceOf('watch-margay-viewer')).toContain('<code>watch-margay-viewer</code>')
  expect(adviceOf('<b>')).not.toContain('<b>')
})

it('names the rights where no role is known', () => {
  expect(adviceOf()).toMatch(/get <code>flows<\/code> and <code>dns<\/code> of the resource <code>home<\/code>/)
  expect(adviceOf()).not.toContain('ClusterRole')
})

it('is none where nobody is to show who they are', () => {
  expect(createLogin({ kubernetes: false }, deps)).toBeUndefined()
})

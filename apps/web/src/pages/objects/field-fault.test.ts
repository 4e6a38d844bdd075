import { expect, it } from 'vitest'
import { faultOf } from './field-fault.ts'

const refused = (message: string, code = 'bad_request') => faultOf({ message, code, hint: 'see the API' })

it.each([
  ['labels: parse selector "app in (": ")" is missing behind "app in ("', 'labels', 'see the API'],
  [
    'policy "nix" is none of the cluster of that moment',
    'policy',
    'take one of those that the field offers, or clear it',
  ],
  ['parameters: namespace: too big: expected string to have <=256 characters', 'namespace', 'see the API'],
])('a refusal marks the field that it is about: %s', (message, filter, hint) =>
  expect(refused(message)).toMatchObject({ filter, message, hint }),
)

it('is of no field where something else failed', () => {
  expect(refused('from 5 is not before to 4')).toBeUndefined()
  expect(refused('policy "x" waits', 'busy')).toBeUndefined()
})

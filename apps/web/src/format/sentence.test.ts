import { expect, it } from 'vitest'
import { sentence } from './sentence.ts'

it.each([
  ['is down', 'Is down.'],
  ['Done.', 'Done.'],
  ['is it there?', 'Is it there?'],
  ['stop!', 'Stop!'],
])('makes of "%s" a sentence', (message, said) => expect(sentence(message)).toBe(said))

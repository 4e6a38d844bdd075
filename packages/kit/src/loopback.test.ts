import { expect, it } from 'vitest'
import { isLoopbackHost } from './loopback.ts'

it.each([
  ['http://localhost:1', true],
  ['http://127.0.0.1', true],
  ['http://127.1.2.3', true],
  ['http://127.1', true],
  ['http://[::1]:8585', true],
  ['http://[::2]', false],
  ['http://127.0.0.1.evil.example', false],
  ['http://localhost.example', false],
  ['http://localhost@evil.example', false],
  ['http://10.0.0.1', false],
])('%s is on this machine: %s', (address, is) => {
  expect(isLoopbackHost(new URL(address).hostname)).toBe(is)
})

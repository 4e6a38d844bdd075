import { describe, expect, it } from 'vitest'
import { serverConfig } from './config.ts'
import { checkCaller } from './http/guard.ts'

describe('names under which the server may be asked', () => {
  const allowed = (allowHost: readonly string[]) => serverConfig.parse({ allowHost }).allowHost

  it.each([
    ['Console.Example.COM', 'console.example.com'],
    ['console.example.com', 'CONSOLE.example.com:8585'],
    ['my_host', 'my_host'],
    ['192.0.2.7', '192.0.2.7:8585'],
    ['2001:DB8::7', '[2001:db8::7]:8585'],
  ])('%s is taken, and a browser that asks %s is let in', (given, host) => {
    expect(() => checkCaller({ host }, { allowedHosts: allowed([given]) })).not.toThrow()
    expect(() => checkCaller({ host: 'evil.example' }, { allowedHosts: allowed([given]) })).toThrow(/refuse host/)
  })
  it.each(['*.example.com', 'a,b', 'https://x', 'x:443', 'two words', '', '[2001:db8::7]', 'a.', '/'])(
    '%j is refused, as no browser ever asks for it',
    (given) => {
      expect(serverConfig.safeParse({ allowHost: [given] }).error?.issues[0]?.message).toMatch(
        /a name or address alone/,
      )
    },
  )
})

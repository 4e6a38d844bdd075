import { loadConfig } from '@margay/kit'
import { describe, expect, it } from 'vitest'
import { agentConfig } from './config.ts'

const load = (...argv: string[]) => loadConfig(agentConfig, { argv, env: {} })

describe('agent options', () => {
  it('have defaults that need nothing', () => {
    expect(load().config).toMatchObject({
      aggregation: 1,
      args: 'redacted',
      dnsPorts: [53],
      cgroup: '',
      intervalSeconds: 10,
    })
  })

  it('are read from words', () => {
    const { config } = load(
      '--aggregation',
      '0',
      '--dns-ports',
      '53,5353',
      '--args',
      'off',
      '--leave-out',
      'see_drop',
      '--ship-server',
      'http://x:1',
    )
    expect(config).toMatchObject({
      aggregation: 0,
      dnsPorts: [53, 5353],
      args: 'off',
      leaveOut: ['see_drop'],
      ship: { server: 'http://x:1' },
    })
  })

  it.each([
    ['--aggregation', '2'],
    ['--dns-ports', '70000'],
    ['--dns-ports', 'domain'],
    ['--args', 'some'],
  ])('refuse %s %s, naming the option and the value', (flag, value) => {
    expect(() => load(flag, value)).toThrow(new RegExp(`option ${flag}: .*"${value}"`))
  })

  it('send no token where everybody on the way could read it', () => {
    const to = (server: string) => () => load('--ship-server', server, '--ship-token-file', '/token')
    for (const server of [
      'http://10.0.0.1:8586',
      'http://127.0.0.1.example:1',
      'http://margay',
      'http://localhost:x@margay',
    ]) {
      expect(to(server), server).toThrow(/option --ship-server: .*write it as https:/)
    }
    for (const server of ['https://margay:1', 'unix:/run/agent.sock', 'http://127.0.0.1:8586', 'http://[::1]:1']) {
      expect(to(server), server).not.toThrow()
    }
  })

  it('are checked and dumped', () => {
    expect(load('--check')).toMatchObject({ action: 'print', text: 'the configuration is right\n' })
    expect(load('--dump', '--dns-ports', '53,54').text).toContain('MARGAY_DNS_PORTS=53,54\n')
  })
})

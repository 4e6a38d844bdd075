import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigError, loadConfig } from './load.ts'
import { option } from './option.ts'

const schema = z.object({
  port: option(z.int().min(0).max(65_535).default(8585), 'Port of the console.'),
  demo: option(z.boolean().default(false), 'Shows a made-up cluster.'),
  token: option(z.string().optional(), 'Shared secret.', { secret: true }),
  ship: z.object({
    maxBytes: option(z.int().min(1).default(1000), 'Disk that the spool may take.'),
    servers: option(z.array(z.string()).default([]), 'Where to send.'),
  }),
})

const load = (argv: string[], env: Record<string, string> = {}) => loadConfig(schema, { argv, env })

describe('loadConfig', () => {
  it('takes defaults, in sections too', () => {
    expect(load([]).config).toEqual({ port: 8585, demo: false, ship: { maxBytes: 1000, servers: [] } })
  })
  it('lets a flag beat a variable and a variable beat the default', () => {
    const { config } = load(['--ship-max-bytes=7', '--no-demo'], {
      MARGAY_PORT: '1',
      MARGAY_SHIP_MAX_BYTES: '5',
      MARGAY_DEMO: '1',
    })
    expect(config).toMatchObject({ port: 1, demo: false, ship: { maxBytes: 7 } })
  })
  it('splits a list at commas', () => {
    expect(load(['--ship-servers', 'a,b']).config.ship.servers).toEqual(['a', 'b'])
  })
  it('names every problem with the place where the value was given', () => {
    const wrong = () => load(['--prot', '--demo=perhaps'], { MARGAY_PORT: 'x' })
    expect(wrong).toThrow(ConfigError)
    expect(wrong).toThrow(/unknown option "--prot"; did you mean --port\?/)
    expect(wrong).toThrow(/option MARGAY_PORT: .* got "x"/)
    expect(wrong).toThrow(/option --demo: .* got "perhaps"/)
  })
  it('says when an option lacks its value', () => {
    expect(() => load(['--port'])).toThrow('option --port needs a value')
  })
  it('dumps what is in force and never a secret', () => {
    const { action, text } = load(['--dump', '--token', 'hunter2'])
    expect(action).toBe('print')
    expect(text).toContain('MARGAY_TOKEN=[REDACTED]')
    expect(text).toContain('MARGAY_PORT=8585')
    expect(text).not.toContain('hunter2')
  })
  it('keeps a secret out of its own error', () => {
    const strict = z.object({ token: option(z.string().min(20), 'Shared secret.', { secret: true }) })
    expect(() => loadConfig(strict, { argv: ['--token', 'hunter2'], env: {} })).toThrow(/\[REDACTED\]/)
  })
  it('prints each option with its sentence and default', () => {
    expect(load(['--help']).text).toContain('--port  (MARGAY_PORT)\n    Port of the console. Default: 8585.')
  })
  it('refuses a declaration without a sentence', () => {
    expect(() => loadConfig(z.object({ port: z.int() }), { argv: [], env: {} })).toThrow(
      'BUG: option port has no sentence',
    )
  })
})

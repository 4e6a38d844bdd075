import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exemplarWords, parseExemplar, printExemplar, type Exemplar } from './exemplar.ts'

const ip = fc.constantFrom('10.77.0.1', 'fd77::1', '0.0.0.0', '203.0.113.9')
const address = fc.record({ ip, port: fc.integer({ min: 0, max: 65_535 }) }, { requiredKeys: ['ip'] })
const amount = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const exemplar: fc.Arbitrary<Exemplar> = fc.record(
  {
    startMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    went: fc.constantFrom(...exemplarWords),
    proto: fc.constantFrom('tcp', 'udp', '47'),
    source: address,
    dest: address,
    dialled: address,
    dropReason: fc.constantFrom('NO_SOCKET', 'NETFILTER_DROP'),
    syns: amount,
    answers: amount,
    handshakeUs: amount,
    rttUs: amount,
    resent: amount,
    bytesOut: amount,
    bytesIn: amount,
    endedBy: fc.constantFrom('here', 'peer', 'silence'),
  },
  { requiredKeys: ['startMs', 'went', 'proto', 'source', 'dest'] },
)

describe('an exemplar', () => {
  it('is the same after it was printed and parsed', () =>
    fc.assert(
      fc.property(exemplar, (value) => {
        expect(parseExemplar(printExemplar(value))).toEqual(value)
      }),
      { numRuns: Number(process.env['MARGAY_PROPERTY_RUNS'] ?? 200) },
    ))

  it('reads as a person would write it down', () => {
    const text = printExemplar({
      startMs: Date.UTC(2026, 10, 25, 20, 18, 24, 123),
      went: 'refused',
      proto: 'tcp',
      source: { ip: '10.77.0.1', port: 40_000 },
      dest: { ip: 'fd77::2', port: 8080 },
      dialled: { ip: '10.96.0.20', port: 80 },
      syns: 1,
    })
    expect(text).toBe('2026-11-25T20:18:24.123Z refused tcp 10.77.0.1:40000>[fd77::2]:8080 via=10.96.0.20:80 syns=1')
  })

  it('of a newer agent is read for what is known of it', () =>
    expect(parseExemplar('2026-11-25T20:18:24.123Z reset tcp 10.0.0.1:1>10.0.0.2:2 mood=bad syns=2 flag')).toEqual({
      startMs: Date.UTC(2026, 10, 25, 20, 18, 24, 123),
      went: 'reset',
      proto: 'tcp',
      source: { ip: '10.0.0.1', port: 1 },
      dest: { ip: '10.0.0.2', port: 2 },
      syns: 2,
    }))

  it.each([
    '',
    'x',
    '2026-11-25T20:18:24.123Z lost tcp 10.0.0.1:1>10.0.0.2:2',
    '2026-11-25T20:18:24.123Z reset tcp a>b',
  ])('is not read from %j', (text) => expect(parseExemplar(text)).toBeUndefined())
})

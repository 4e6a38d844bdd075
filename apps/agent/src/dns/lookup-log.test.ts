import type { Row } from '@margay/model'
import { dnsLog, isPresent } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { createLookupLog } from './lookup-log.ts'
import type { DnsClient } from './lookup-log.ts'
import type { DnsRecord } from './message.ts'
import type { Lookup } from './pairing.ts'

const client: DnsClient = {
  clientIp: '10.0.0.1',
  serverIp: '10.0.0.53',
  netns: 7,
  cgroup: 8,
  transport: 'udp',
  processName: 'curl',
  pid: 9,
  args: 'curl x.test',
  container: { podUid: 'u', container: 'c' },
  hop: 'client',
}
const question = { name: 'x.test', type: 'A', class: 'IN' }
const record = (data: string, name = 'x.test', type = 'A'): DnsRecord => ({ name, type, class: 'IN', ttl: 60, data })

const answered = (answers: readonly DnsRecord[], latencyNs?: number, code = 'NOERROR'): Lookup<DnsClient> => ({
  client,
  question,
  tries: 1,
  latencyNs,
  answer: {
    ok: true,
    message: { id: 1, isResponse: true, code, isTruncated: false, question, answers, isCut: false },
  },
})

function setUp(maxRows = 10) {
  const rows: Row[] = []
  const known: Row[] = []
  const sink = {
    epoch: 0,
    series: (_: string, dimensions: Row) => known.push(dimensions) - 1,
    add: (number: number, rest: Row) => void rows.push({ ...known[number], ...rest }),
  }
  return { log: createLookupLog({ maxRows, maxArgs: 5 }, { sink }), rows, known }
}

describe('lookup log', () => {
  it('makes one row of equal lookups, with the mean and the largest latency', () => {
    const { log, rows } = setUp()
    log.add(answered([record('10.0.0.2')], 100))
    log.add(answered([record('10.0.0.3')], 300))
    log.add(answered([record('10.0.0.3')]))
    log.write(10, 20)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      count: 3,
      tries: 3,
      latency_count: 2,
      latency_mean: 200,
      latency_max: 300,
      rcode: 'NOERROR',
    })
    expect(rows[0]!['rrsets.rdata']).toEqual([['10.0.0.2', '10.0.0.3']])
  })

  it('keeps outcomes, names and record sets apart', () => {
    const { log, rows } = setUp()
    log.add(answered([record('www.x.test', 'x.test', 'CNAME'), record('10.0.0.2', 'www.x.test')], 1))
    log.add(answered([], 1, 'NXDOMAIN'))
    log.add({ client, question, tries: 2, answer: undefined, latencyNs: undefined })
    log.add({ client, question, tries: 1, answer: { ok: false, problem: 'x' }, latencyNs: 5 })
    log.write(10, 20)
    expect(rows.map(({ outcome, rcode }) => [outcome, rcode])).toEqual([
      ['answered', 'NOERROR'],
      ['answered', 'NXDOMAIN'],
      ['unanswered', undefined],
      ['malformed', undefined],
    ])
    expect(rows[0]!['rrsets.name']).toEqual(['x.test', 'www.x.test'])
    expect(rows[2]).not.toHaveProperty('latency_mean')
  })

  it('writes fields of the catalogue only', () => {
    const { log, rows } = setUp()
    log.add(answered([record('10.0.0.2')], 100))
    log.write(10, 20)
    for (const [name, value] of Object.entries(rows[0]!)) {
      expect([name, name in dnsLog.fields]).toEqual([name, true])
      expect([name, isPresent(dnsLog.fields[name as keyof typeof dnsLog.fields], value)]).toEqual([name, true])
    }
  })

  it('counts what finds no room in a row of type UNLOGGED, and starts anew', () => {
    const { log, rows } = setUp(1)
    log.add(answered([], 1))
    for (let i = 0; i < 3; i++) log.add(answered([], 1, 'SERVFAIL'))
    log.write(10, 20)
    expect(rows[1]).toMatchObject({ type: 'UNLOGGED', count: 3 })
    log.write(20, 30)
    expect(rows).toHaveLength(2)
  })

  it('defines a series once for many intervals', () => {
    const { log, known } = setUp()
    for (let i = 0; i < 3; i++) {
      log.add(answered([], 1))
      log.write(i, i + 1)
    }
    expect(known).toHaveLength(1)
  })
})

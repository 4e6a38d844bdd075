// The doctor on the real kernel: each program is tried alone, and without privileges everything that is missing is said.
import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildAgent } from '../../../apps/agent/build.ts'
import { programs } from '../../../apps/agent/src/kernel/programs.ts'
import { doctorIn } from '../agent-process.ts'

const withoutPrivileges = ['setpriv', '--bounding-set=-all', '--inh-caps=-all']

describe('doctor', () => {
  beforeAll(() => void buildAgent())

  it('loads each program alone on this kernel', () => {
    const report = doctorIn()
    expect(report.programs.map(({ name }) => name)).toEqual(programs.map(({ name }) => name))
    for (const { name, verdict, found } of report.programs) expect([name, verdict, found]).toEqual([name, 'ok', found])
    expect(report.verdict).toBe('ok')
    const seen = new Map(report.collectors.map(({ name, verdict }) => [name, verdict]))
    for (const name of ['conntrack', 'nf-trace', 'processes', 'dns', 'drops', 'handshakes', 'tcp', 'datagrams'])
      expect([name, seen.get(name)]).toEqual([name, 'ok'])
    expect(seen.has('nflog')).toBe(true)
  })

  it('says of each source of evidence whether it works here, and leaves nothing', () => {
    const tables = () => execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })
    const { evidence } = doctorIn()
    expect(evidence.map(({ name }) => name)).toEqual(['nflog', 'nf-trace', 'drop', 'conntrack'])
    for (const { name, verdict } of evidence.slice(1)) expect([name, verdict]).toEqual([name, 'ok'])
    expect(evidence[0]?.verdict).not.toBe('missing')
    expect(tables()).not.toContain('margay_trace_try')
    const without = doctorIn(...withoutPrivileges).evidence
    expect(without.slice(0, 3).map(({ verdict }) => verdict)).toEqual(['missing', 'missing', 'missing'])
    expect(without[1]?.found).toContain('CAP_NET_ADMIN')
  })

  it('says what is missing without privileges, and does not fail', () => {
    const report = doctorIn(...withoutPrivileges)
    expect(report.findings.find(({ name }) => name === 'privileges')?.verdict).toBe('missing')
    expect(report.programs.every(({ verdict }) => verdict === 'limited')).toBe(true)
    expect(report.fields.some(({ verdict }) => verdict === 'missing')).toBe(true)
    expect(report.collectors.find(({ name }) => name === 'dns')?.verdict).toBe('missing')
    expect(report.collectors.find(({ name }) => name === 'sockets')?.verdict).toBe('limited')
  })
})

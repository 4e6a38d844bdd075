import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dnsLog, flowLog } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { openNative } from '../kernel/native.ts'
import { programs } from '../kernel/programs.ts'
import { collectors } from '../collectors/index.ts'
import { agentConfig } from '../config.ts'
import { judgeCollectors } from './collectors.ts'
import { examine, judgePrivileges, judgeServer, readCapabilities } from './examine.ts'
import { fieldGroups, judgeFields } from './fields.ts'
import { printReport } from './print.ts'
import { worst } from './report.ts'

const all = new Set(programs.map(({ name }) => name))

describe('doctor', () => {
  it('speaks of fields that exist, and of every program', () => {
    const beside = new Set(['dialled_ip', 'dialled_port', 'dns'])
    for (const field of fieldGroups.flatMap(({ fields }) => fields)) {
      expect([field, field in flowLog.fields || field in dnsLog.fields || beside.has(field)]).toEqual([field, true])
    }
    const named = new Set(fieldGroups.flatMap(({ needs, wants }) => [...needs, ...(wants ?? [])]))
    expect(named).toEqual(all)
  })

  it('finds nothing wrong where everything loads', () => {
    const fields = judgeFields({ programs: all, conntrack: true, reasons: true })
    expect(worst(fields.map(({ verdict }) => verdict))).toBe('ok')
  })

  it('says for each missing program which fields suffer, and leaves the others', () => {
    for (const name of all) {
      const fields = judgeFields({
        programs: new Set([...all].filter((other) => other !== name)),
        conntrack: true,
        reasons: true,
      })
      const suffering = fields.filter(({ verdict }) => verdict !== 'ok')
      expect([name, suffering.length > 0 && suffering.length < fields.length]).toEqual([name, true])
      const { without } = programs.find((program) => program.name === name)!
      for (const { why } of suffering) expect(why).toBe(without)
    }
  })

  const collectorsWith = (programs: ReadonlySet<string>, problem?: string) =>
    judgeCollectors({ programs, findings: new Map(), problem })

  it('has a line for each collector, and for one that stands in only where it does', () => {
    const fine = collectorsWith(all)
    expect(fine.map(({ name, verdict }) => [name, verdict])).toEqual(
      collectors.filter(({ name }) => name !== 'sockets').map(({ name }) => [name, 'ok']),
    )
    const blind = collectorsWith(new Set([...all].filter((name) => name !== 'see_state')))
    expect(blind.map(({ name }) => name)).toContain('sockets')
    expect(blind.find(({ name }) => name === 'tcp')).toMatchObject({
      verdict: 'limited',
      found: expect.stringContaining('no outcome'),
    })
  })

  it('says of a collector what is not seen without its programs, and of all why nothing can be', () => {
    const drops = collectorsWith(new Set([...all].filter((name) => name !== 'see_drop'))).find(
      ({ name }) => name === 'drops',
    )
    expect(drops).toMatchObject({ verdict: 'missing', found: 'denied connections look unanswered' })
    expect(new Set(collectorsWith(new Set(), 'no addon').map(({ verdict, found }) => `${verdict} ${found}`))).toEqual(
      new Set(['missing no addon']),
    )
    for (const { programs: needs } of collectors) for (const name of needs) expect(all).toContain(name)
  })

  // Without the addon nothing loads, cgroups or not.
  const canLoad = 'native' in openNative()
  it.skipIf(!canLoad)('says the same of collectors as of their fields where no cgroup2 is mounted', () => {
    const procPath = mkdtempSync(join(tmpdir(), 'margay-doctor-'))
    try {
      writeFileSync(join(procPath, 'mounts'), 'tmpfs /tmp tmpfs rw 0 0\n')
      const report = examine(agentConfig.parse({ procPath }))
      expect(report.findings.find(({ name }) => name === 'cgroup')?.verdict).toBe('missing')
      const verdicts = new Map(report.collectors.map(({ name, verdict }) => [name, verdict]))
      expect(['dns', 'datagrams'].map((name) => verdicts.get(name))).toEqual(['missing', 'missing'])
      expect(verdicts.get('handshakes')).not.toBe('ok')
    } finally {
      rmSync(procPath, { recursive: true })
    }
  })

  it.each([
    ['ffffffffffffffff', 'ok'],
    // SYS_ADMIN, NET_ADMIN, DAC_READ_SEARCH.
    ['0000000000201004', 'ok'],
    // BPF, PERFMON, NET_ADMIN, SYS_PTRACE, DAC_READ_SEARCH: those of the chart.
    ['000000c000081004', 'ok'],
    // The same without DAC_READ_SEARCH, without SYS_PTRACE, without both.
    ['000000c000081000', 'limited'],
    ['000000c000001004', 'limited'],
    ['000000c000001000', 'limited'],
    // SYS_ADMIN alone.
    ['0000000000200000', 'missing'],
    ['0000000000000000', 'missing'],
  ])('judges the capabilities %s as %s', (bits, verdict) => {
    expect(judgePrivileges(readCapabilities(`CapPrm:\t0\nCapEff:\t${bits}\n`)).verdict).toBe(verdict)
  })

  it('names the server, and a file that cannot be read', () => {
    const ship = (more: object) => agentConfig.parse({ ship: { server: 'https://s:1', ...more } }).ship
    expect(judgeServer(ship({}))).toMatchObject({ verdict: 'ok', found: 'https://s:1' })
    expect(judgeServer(ship({ tokenFile: import.meta.filename }))).toMatchObject({
      verdict: 'ok',
      found: `https://s:1, with the token in ${import.meta.filename}`,
    })
    expect(judgeServer(ship({ ca: '/nowhere/ca.crt' }))).toMatchObject({
      verdict: 'limited',
      found: expect.stringContaining('ENOENT'),
    })
  })

  it('prints what to do only where something is wrong', () => {
    const finding = { name: 'x', title: 'Thing', found: 'there', hint: 'do that' } as const
    const report = {
      kernel: '6',
      machine: 'x64',
      verdict: 'limited',
      programs: [],
      collectors: [],
      evidence: [],
      fields: [],
      delivery: [],
    } as const
    const text = printReport({ ...report, findings: [{ ...finding, verdict: 'ok' }] })
    expect([text.includes('Thing: there'), text.includes('do that')]).toEqual([true, false])
    expect(printReport({ ...report, findings: [{ ...finding, verdict: 'limited' }] })).toContain('do that')
  })
})

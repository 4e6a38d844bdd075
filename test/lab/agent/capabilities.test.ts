// The capabilities that the chart gives an agent, tried on the real kernel: with them everything is seen, and without any one of
// them something is not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { buildAgent } from '../../../apps/agent/build.ts'
import type { DoctorReport } from '../../../apps/agent/src/doctor/report.ts'
import { doctorIn } from '../agent-process.ts'

const root = join(import.meta.dirname, '../../..')
const template = readFileSync(join(root, 'deploy/helm/margay/templates/agent.yaml'), 'utf8')
const added = /add:\n((?: +(?:#|- ).*\n)+)/.exec(template)?.[1] ?? ''
const capabilities = [...added.matchAll(/- ([A-Z_]+)/g)].map(([, name]) => name!.toLowerCase())

function doctorWith(held: readonly string[]): DoctorReport {
  const bounding = ['-all', ...held.map((name) => `+${name}`)].join(',')
  return doctorIn('setpriv', `--bounding-set=${bounding}`, '--inh-caps=-all')
}

beforeAll(() => void buildAgent())

it('are enough to see everything', () => {
  expect(capabilities.length).toBeGreaterThan(0)
  const report = doctorWith(capabilities)
  expect(report.verdict).toBe('ok')
  expect(report.evidence.filter(({ verdict }) => verdict === 'missing')).toEqual([])
})

it.each(capabilities)('cannot do without %s', (name) => {
  const report = doctorWith(capabilities.filter((other) => other !== name))
  expect(report.verdict).not.toBe('ok')
  expect(report.findings.find((finding) => finding.name === 'privileges')).toMatchObject({
    verdict: expect.stringMatching(/limited|missing/),
    found: expect.any(String),
  })
})

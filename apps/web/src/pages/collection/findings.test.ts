import type { Health, Source } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { collectionFinding, lostOf, nextSteps } from './findings.ts'

const source = (change: Partial<Source> = {}): Source => ({
  id: 'agent:a',
  kind: 'agent',
  host: 'a',
  state: 'ready',
  says: 'records everything it can',
  rowsPerSecond: 2,
  rowsTotal: 100,
  lost: [],
  collectors: [],
  ...change,
})
const health = (sources: readonly Source[], parts: Health['parts'] = []): Health => ({
  state: 'ready',
  version: '0',
  demo: false,
  now: 0,
  startedAt: 0,
  parts,
  sources: [...sources],
  tables: [],
})
const failed = {
  name: 'drops',
  title: 'Drops',
  state: 'failed' as const,
  says: 'kfree_skb needs 5.17',
  missingFields: ['drop_reason'],
}

describe('what Collection finds', () => {
  it('is well when all record and nothing was lost', () => {
    expect(collectionFinding(health([source(), source()]))).toBe('2 sources record, 4 /s in all; nothing was lost.')
    expect(nextSteps(health([source()]))).toEqual([])
  })

  it('says first that nothing records, and what to do', () => {
    expect(collectionFinding(health([]))).toContain('Nothing records')
    expect(nextSteps(health([]))[0]?.command).toBe('margay doctor')
  })

  it('names the fields that stay absent and why', () => {
    const [step] = nextSteps(health([source({ state: 'degraded', collectors: [failed] })]))
    expect(step?.says).toBe('Kfree_skb needs 5.17. Without it these fields stay absent: drop_reason.')
  })

  it('counts what was lost in sources and in the server', () => {
    const lost = [{ what: 'rows', count: 3, since: 0 }]
    const part = { name: 'store', state: 'failed' as const, says: 'is down', lost, figures: {} }
    const all = health([source({ lost })], [part])
    expect(lostOf([...all.sources, ...all.parts])).toBe(6)
    expect(collectionFinding(all)).toContain('6 records were lost')
    expect(nextSteps(all).map(({ about }) => about)).toEqual(['store'])
  })
})

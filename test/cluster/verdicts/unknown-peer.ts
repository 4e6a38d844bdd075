// A peer whose pod nobody knows: D5, second half. Its object is taken away while its process goes on, so agents see an address
// inside that belongs to nobody. What can be observed is told; which policy decided cannot be, and the missing fact is named.
import type { EndsResponse, PolicyExplanation } from '@margay/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from '../product.ts'
import { startMs } from '../suite.ts'
import { tracesOf } from './court.ts'
import { ghost, ghostNode, namespace, port } from './objects.ts'
import type { Session } from './session.ts'

const guesses = /denied by|allowed by|rule \d+ of \S+ (denies|allows)|isolates it by/

export function unknownPeer(session: Session): void {
  describe('a peer whose pod is not known (D5)', () => {
    let release = () => {}
    let address = ''
    let record: Row

    beforeAll(async () => {
      const { kubectl, nodes } = session.cluster
      await kubectl.apply([ghost(await session.court.addressOf('ledger'))])
      await kubectl.run(['wait', '--for=condition=Ready', 'pod/ghost', '-n', namespace, '--timeout=180s'])
      address = await session.court.addressOf('ghost')
      await session.court.found('flows', `source_name: ghost and dest_name: ledger and reporter: dst`)
      release = nodes.find(({ name }) => name === ghostNode)!.holdKubelet()
      await kubectl.run(['delete', 'pod', 'ghost', '-n', namespace, '--force', '--grace-period=0'])
      // A record is of some seconds: within the first that misses the pod it may still have been there.
      const query = `source_ip: "${address}" and dest_name: ledger and reporter: dst and evidence_missing: *`
      const [first] = await session.court.found('flows', query)
      const rows = await session.court.found('flows', `${query} and start_time >= ${String(first!.end_time)}`)
      record = rows.at(-1)!
    }, startMs)
    afterAll(() => release())

    it('is denied as was seen, by no policy, and the record says which fact is missing', () => {
      expect(record).toMatchObject({ action: 'deny', evidence: 'observed', source_type: 'net', source_name: '-' })
      expect(tracesOf(record).enforced_policies ?? []).toEqual([])
      expect(String(record.evidence_missing)).toContain(address)
    })

    it('makes every explanation say that it cannot tell, and why', async () => {
      const told = await session.product.post<PolicyExplanation>('policies/explain', { record })
      const ingress = told.directions.find(({ direction }) => direction === 'ingress')!
      expect([ingress.verdict, ingress.decision.by]).toEqual(['unknown', 'missing-fact'])
      // What is certain is told: the tier before passed it on, whoever it is.
      expect(ingress.trace.map(({ action }) => action)).toEqual(['pass'])
      expect(told.missing.map(({ text }) => text).join()).toContain(address)
      expect(told.text).not.toMatch(guesses)
      const { connections } = await session.product.post<EndsResponse>('flows/ends', { record })
      expect(connections.length).toBeGreaterThan(0)
      for (const { sentence } of connections) expect(sentence).not.toMatch(guesses)
      const ends = ['--from', `${namespace}/ghost`, '--to', `${namespace}/ledger:${port}`]
      const { out, err } = await session.court.cli('policy', 'explain', ...ends)
      expect(out + err).toContain('cannot tell')
      expect(out + err).toContain('labels of pod court/ghost not known')
      expect(out).not.toMatch(guesses)
    })
  })
}

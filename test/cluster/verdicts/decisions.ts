// Which policy and which rule decided, on connections that the test makes: AT-2, AT-3 and the first half of D5.
import type { EndsResponse, PolicyExplanation } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import type { Row } from '../product.ts'
import { distinct } from '../rows.ts'
import { tracesOf } from './court.ts'
import { namespace, port } from './objects.ts'
import type { Session } from './session.ts'

const passed = '0|security|security.watch|pass|'
const atVault = 'source_name: caller and dest_name: vault'
const isolating = ['vault-for-auditors', 'vault-for-backup']
const lastHour = { from: { ago: 3600 }, to: { ago: 0 } }

/** Nobody may be told that a rule denied, or that anybody allowed. */
const guesses = /denied by (policy|rule)|rule 0 of \S+ denies|allowed by|rule \d+ of court\/vault\S+ allows/

export function decisions(session: Session): void {
  const explain = (record: Row) => session.product.post<PolicyExplanation>('policies/explain', { record })
  const denial = async () => {
    const rows = await session.court.found('flows', `${atVault} and action: deny and reporter: dst`)
    return rows.at(-1)!
  }

  describe('a denial that two policies bring about and no rule (D5)', () => {
    it('is stored as the end of the tier, which no rule is', async () => {
      const row = await denial()
      const [last = ''] = tracesOf(row).enforced_policies!.toReversed()
      expect(last).toMatch(/^0\|default\|court\/knp\.default\.vault-for-(auditors|backup)\|deny\|-1$/)
      expect(row).toMatchObject({ action: 'deny', evidence: 'observed', dest_namespace: namespace })
    })

    it('is explained by both of them', async () => {
      const { verdict, directions, text, recorded } = await explain(await denial())
      expect([verdict, recorded?.agrees]).toEqual(['deny', true])
      const ingress = directions.find(({ direction }) => direction === 'ingress')!
      expect(ingress.decision).toMatchObject({
        by: 'end-of-tier',
        tier: 'default',
        policies: isolating.map((name) => `knp~${namespace}~${name}`),
      })
      expect(ingress.decision).not.toHaveProperty('rule')
      expect(ingress.trace.at(-1)).toMatchObject({ action: 'deny', rule: 'none' })
      expect(text).toContain('tier default isolates it by court/vault-for-auditors and court/vault-for-backup')
      expect(text).not.toMatch(guesses)
    })

    it('is one sentence of both ends that names both', async () => {
      await denial()
      const { connections } = await session.product.post<EndsResponse>('flows/ends', {
        range: lastHour,
        query: atVault,
      })
      expect(connections.length).toBeGreaterThan(0)
      for (const { sentence } of connections) {
        expect(sentence).toContain(
          'Denied on arrival at court/vault on node-1 by the end of tier default: policies court/vault-for-auditors and court/vault-for-backup isolate, and no rule of them matches',
        )
        expect(sentence).not.toMatch(guesses)
      }
    })

    it('is told by the command line, of the flow and of its records', async () => {
      await denial()
      const asked = await session.court.cli(
        ...['policy', 'explain', '--from', `${namespace}/caller`, '--to', `${namespace}/vault:${port}`],
      )
      expect(asked.out).toContain('denied')
      expect(asked.out).toContain('isolates it by court/vault-for-auditors and court/vault-for-backup')
      const observed = await session.court.cli(
        'observe',
        '--last',
        '5',
        '--explain',
        '-q',
        `${atVault} and action: deny`,
      )
      expect(observed.out).toContain('policies court/vault-for-auditors and court/vault-for-backup isolate')
      for (const { code, out } of [asked, observed]) {
        expect(out).not.toMatch(guesses)
        expect(code).toBe(0)
      }
    })
  })

  describe('an allow', () => {
    it('names the rule that gave it, the third, after a policy that passed (AT-3)', async () => {
      const query = 'source_name: caller and dest_name: ledger'
      const there = await session.court.found('flows', `${query} and reporter: dst`)
      expect(tracesOf(there.at(-1)!).enforced_policies).toEqual([
        `${passed}0`,
        '1|default|court/knp.default.ledger|allow|2',
      ])
      const here = await session.court.found('flows', `${query} and reporter: src`)
      expect(tracesOf(here.at(-1)!).enforced_policies).toEqual([
        `${passed}1`,
        '1|__PROFILE__|__PROFILE__.kns.court|allow|0',
      ])
      const { text } = await explain(there.at(-1)!)
      expect(text).toContain('rule 2 of court/ledger allows it')
    })
  })

  describe('flows that one policy denied (AT-2)', () => {
    it('are found by its name, and not where it only passed and another denied', async () => {
      const denied = 'action: deny and source_name: stranger'
      const byLedger = 'policies: { enforced_policies: deny and enforced_policies: ledger }'
      const rows = await session.court.found('flows', `${denied} and ${byLedger}`)
      expect(distinct(rows, 'dest_name')).toEqual(['ledger'])
      for (const row of rows) {
        expect(tracesOf(row).enforced_policies).toEqual([`${passed}0`, '1|default|court/knp.default.ledger|deny|-1'])
      }
      for (const list of ['enforced_policies', 'all_policies']) {
        const byWatch = `policies: { ${list}: deny and ${list}: watch }`
        expect(await session.product.rows('flows', byWatch)).toEqual([])
      }
    })
  })
}

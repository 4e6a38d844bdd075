// Policies by names, on the traffic of pods that asked for them: B2. A name's letters and its final dot mean nothing, whoever
// wrote them: the policy, the client, or the name server.
import { describe, expect, it } from 'vitest'
import { tracesOf } from './court.ts'
import type { Client } from './objects.ts'
import type { Session } from './session.ts'

const enforced = (rule: number) => `0|default|default.reader-by-name|allow|${rule}`
const staged = (action: string, rule: number) => `0|default|default.staged:buyer-by-name|${action}|${rule}`
const noPolicy = ['0|__PROFILE__|__PROFILE__.kns.court|allow|0']

export function domains(session: Session): void {
  /** All records of a client's connections to a name, however it was written. */
  const flowsTo = (client: Client, name: string) =>
    session.court.found('flows', `source_name: ${client} and reporter: src and dest_domains: ${name}`)

  describe('a policy that names domains (B2)', () => {
    it.each([
      ['api.stripe.com', 1],
      ['www.ecb.europa.eu', 2],
    ])('decides live flows to %s, whatever its letters are, by its rule %i', async (name, rule) => {
      for (const row of await flowsTo('reader', name)) {
        expect(row).toMatchObject({ action: 'allow', evidence: 'evaluated', dest_domains: [name] })
        expect(row.evidence_conflict).toBeUndefined()
        expect(tracesOf(row).enforced_policies).toEqual([enforced(rule)])
      }
    })

    it('that the cluster does not keep is told with what was observed and what it says', async () => {
      for (const row of await flowsTo('reader', 'packages.example.org')) {
        expect(row).toMatchObject({ action: 'allow', evidence: 'observed' })
        expect(row.evidence_conflict).toMatch(
          /^observed allow .*evaluated deny \(0\|default\|default\.reader-by-name\|deny\|-1\)$/,
        )
      }
    })

    it.each([
      ['api.stripe.com', 'allow', 2],
      ['www.ecb.europa.eu', 'allow', 3],
      ['drop.files.example', 'deny', 1],
    ])('and is staged says what it would do to flows to %s: %s by rule %i', async (name, action, rule) => {
      for (const row of await flowsTo('buyer', name)) {
        expect(row).toMatchObject({ action: 'allow', evidence: 'evaluated' })
        expect(tracesOf(row)).toMatchObject({
          enforced_policies: noPolicy,
          pending_policies: [staged(action, rule)],
        })
      }
    })
  })
}

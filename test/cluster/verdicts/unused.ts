// Policies and rules that decide nothing: AT-17. What was there before anybody watched and is never asked is unused; what was
// edited meanwhile, or was only used as it was before, is told apart.
import type { PoliciesResponse, PolicyDetail } from '@margay/wire'
import { describe, expect, it } from 'vitest'
import { until } from '../parts/command.ts'
import { editedLedger, namespace } from './objects.ts'
import type { Session } from './session.ts'

const idOf = (name: string) => `knp~${namespace}~${name}`

export function unused(session: Session): void {
  const detailOf = (name: string) => session.product.get<PolicyDetail>(`policies/${encodeURIComponent(idOf(name))}`)
  /** What decided something comes to the list once a minute, up to 80 seconds later; the limit is ten times of that. */
  const counted = (name: string, isThere: (detail: PolicyDetail) => boolean) =>
    until(
      `decisions of ${name}`,
      async () => {
        const detail = await detailOf(name)
        return isThere(detail) && detail
      },
      { everyMs: 1000, withinMs: 800_000 },
    )
  const usesOf = ({ rules }: PolicyDetail) => rules.map(({ direction, index, use }) => [direction, index, use?.unused])

  describe('policies and rules that do nothing (AT-17)', () => {
    it('an unused rule inside an active policy is listed with direction and index', async () => {
      const detail = await counted('ledger', ({ policy }) => policy.use?.unused === 'used')
      expect(usesOf(detail)).toEqual([
        ['ingress', 0, 'unused'],
        ['ingress', 1, 'unused'],
        ['ingress', 2, 'used'],
        ['ingress', 3, 'unused'],
      ])
      expect(detail.rules[2]!.use!.lastEvaluated).toBeGreaterThan(session.product.installedAt / 1000)
    })

    it('a policy that was never hit is in the list of unused ones, and one that isolates alone is not', async () => {
      await counted('vault-for-auditors', ({ policy }) => policy.use?.unused === 'used')
      const { policies } = await session.product.get<PoliciesResponse>(`policies?unused=true&namespace=${namespace}`)
      expect(policies.map(({ name }) => name)).toEqual(['forgotten'])
      const listed = await session.court.cli('policy', 'list', '--unused', '--namespace', namespace)
      expect(listed.out).toContain('forgotten')
      expect(listed.out).not.toContain('vault')
    })

    it('what denied something is listed by that, and what only passed is not (AT-2)', async () => {
      await counted('ledger', ({ endOfTier }) => (endOfTier.ingress?.denied.connections ?? 0) > 0)
      const { out } = await session.court.cli('policy', 'list', '--denied', '--output', 'json')
      const names = (JSON.parse(out) as { readonly name: string }[]).map(({ name }) => name)
      expect(names).toContain('ledger')
      expect(names).not.toContain('security.watch')
    })

    it('one that was edited is flagged, and says of which generation its decisions are', async () => {
      const before = await counted('ledger', ({ policy }) => policy.use?.unused === 'used')
      const generation = before.policy.generation!
      await session.cluster.kubectl.apply([editedLedger])
      const edited = await counted('ledger', ({ policy }) => policy.use?.unused === 'edited')
      expect(edited.policy).toMatchObject({ generation: generation + 1, use: { lastEvaluatedGeneration: generation } })
      expect(usesOf(edited)).toEqual([
        ['ingress', 0, 'edited'],
        ['ingress', 1, 'edited'],
        ['ingress', 2, 'edited'],
      ])
      await session.court.call('caller', 'ledger')
      const used = await counted('ledger', ({ policy }) => policy.use?.lastEvaluatedGeneration === generation + 1)
      expect(used.policy.use?.unused).toBe('used')
    })
  })
}

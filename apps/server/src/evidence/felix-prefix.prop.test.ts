// The law of Felix's prefixes: a hit that is printed in either generation's form, hashed where it is long, is found again
// among the known policies.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printFelixPrefix, readFelixPrefix } from './felix-prefix.ts'
import { createKnownPolicies } from './known-policies.ts'
import type { KnownPolicy } from './known-policies.ts'
import type { MarkHit } from './mark-hit.ts'

const numRuns = Number(process.env.MARGAY_PROPERTY_RUNS ?? 200)

const letter = fc.constantFrom('a', 'b', 'x', 'z', '0', '9')
const dnsName = (longest: number) => fc.string({ unit: letter, minLength: 1, maxLength: longest, size: 'max' })
const direction = fc.constantFrom('ingress' as const, 'egress' as const)
const action = fc.constantFrom('allow' as const, 'deny' as const, 'pass' as const)
const namespace = fc.oneof(dnsName(12), dnsName(60), fc.constantFrom('np', 'gnp', 'knp'))
const name = fc.oneof(dnsName(12), dnsName(120))

const policy: fc.Arbitrary<KnownPolicy> = fc.oneof(
  fc.record({
    kind: fc.constant('KubernetesNetworkPolicy' as const),
    namespace,
    name,
    tier: fc.constant('default'),
    staged: fc.constant(false),
  }),
  fc.record({
    kind: fc.constant('CalicoNetworkPolicy' as const),
    namespace,
    name,
    tier: dnsName(8),
    staged: fc.constant(false),
  }),
  fc.record({ kind: fc.constant('GlobalNetworkPolicy' as const), name, tier: dnsName(8), staged: fc.constant(false) }),
  fc.record({
    kind: fc.constant('AdminNetworkPolicy' as const),
    name,
    tier: fc.constant('adminnetworkpolicy'),
    staged: fc.constant(false),
  }),
)

const policies = fc.uniqueArray(policy, {
  minLength: 1,
  maxLength: 20,
  selector: ({ kind, namespace: space, name: called }) => `${kind} ${space} ${called}`,
})

describe("Felix's prefixes", () => {
  it('name the rule again that they were made for, of every policy and in both generations', () => {
    let hashed = 0
    fc.assert(
      fc.property(policies, direction, action, fc.nat(999), (all, way, does, rule) => {
        const known = createKnownPolicies({ policies: all, profiles: [], tiers: [] })
        for (const generation of ['v3.31', 'v3.32'] as const) {
          for (const { kind, namespace: space, name: called, tier } of all) {
            const named = { kind, name: called, tier, staged: false, ...(space !== undefined && { namespace: space }) }
            const said: MarkHit = { direction: way, hit: { ...named, action: does, rule } }
            const prefix = printFelixPrefix(said, generation)!
            expect(Buffer.byteLength(prefix)).toBeLessThan(64)
            if (/^.{10}_.{41}_.{10}$/.test(prefix)) hashed++
            const read = readFelixPrefix(prefix, known)
            // Two policies of a generation that calls them alike cannot be told apart.
            const twins = all.filter(
              (other) => printFelixPrefix({ direction: way, hit: { ...said.hit, ...other } }, generation) === prefix,
            )
            if (twins.length === 1) expect(read).toEqual(said)
          }
        }
      }),
      { numRuns },
    )
    expect(hashed).toBeGreaterThan(0)
  })

  it('name profiles and the ends of tiers again', () => {
    fc.assert(
      fc.property(
        name,
        direction,
        fc.constantFrom('allow' as const, 'deny' as const),
        fc.nat(99),
        (called, way, does, rule) => {
          const profile = `kns.${called}`
          const known = createKnownPolicies({ policies: [], profiles: [profile], tiers: [called] })
          const ofProfile: MarkHit = {
            direction: way,
            hit: { kind: 'Profile', name: profile, action: does, rule, staged: false },
          }
          expect(readFelixPrefix(printFelixPrefix(ofProfile)!, known)).toEqual(ofProfile)
          const end = { tier: called, kind: 'EndOfTier', name: called, rule: 'none', staged: false } as const
          for (const ofTier of ['deny', 'pass'] as const) {
            const ending: MarkHit = { direction: way, hit: { ...end, action: ofTier } }
            expect(readFelixPrefix(printFelixPrefix(ending)!, known)).toEqual(ending)
          }
        },
      ),
      { numRuns },
    )
  })

  it('end on any text', () => {
    const known = createKnownPolicies({ policies: [], profiles: [], tiers: [] })
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => void readFelixPrefix(text, known)),
      { numRuns },
    )
  })
})

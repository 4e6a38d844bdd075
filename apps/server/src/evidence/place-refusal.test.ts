import { describe, expect, it } from 'vitest'
import { placeRefusal } from './place-refusal.ts'

const into =
  'nft|ip|filter|FORWARD|jump|rule to jump traffic destined to POD name:b namespace: shop to chain KUBE-POD-FW-A'
const outOf = 'nft|ip|filter|FORWARD|jump|rule to jump traffic from POD name:a namespace: shop to chain KUBE-POD-FW-B'
const run = 'nft|ip|filter|KUBE-POD-FW-A|jump|run through nw policy web'
const refuse = 'nft|ip|filter|KUBE-POD-FW-A|drop|rule to REJECT traffic destined for POD name:b namespace: shop'
const row = (reporter: string, marks: readonly string[]) => ({ reporter, direction: 'unknown', action: 'deny', marks })

describe('a refusal that only rules place', () => {
  it("by the destination's rules is the destination's report, and the source was let go", () => {
    const marks = [into, run, refuse]
    expect(placeRefusal(row('fwd', marks))).toEqual({ ...row('dst', marks), direction: 'ingress' })
    expect(placeRefusal(row('src', marks))).toEqual({ ...row('src', marks), action: 'allow' })
    expect(placeRefusal(row('fwd', ['nflog|1|DPI|default']))).toMatchObject({ reporter: 'dst' })
  })

  it.each([
    row('fwd', [outOf, run, refuse]),
    row('src', ['nflog|2|DPE|default']),
    row('fwd', ['nflog|100|']),
    row('dst', [into, run, refuse]),
    { reporter: 'fwd', action: 'deny' },
    { reporter: 'src', action: 'allow', marks: [into] },
  ])('is left where it is otherwise: %j', (dimensions) => {
    expect(placeRefusal(dimensions)).toBe(dimensions)
  })
})

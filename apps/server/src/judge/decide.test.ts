import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { Marks, Observed } from './decide.ts'
import type { Finding } from './finding.ts'

const finding = (verdict: Finding['verdict'], ...trace: readonly string[]): Finding => ({
  id: 0,
  key: trace.join(),
  direction: 'ingress',
  verdict,
  trace,
  credits: [],
  missing: [],
  peer: undefined,
})
const marked = (verdict: Marks['verdict'], ...trace: readonly string[]): Observed => ({
  reporter: 'dst',
  isDropped: verdict === 'deny',
  outcome: verdict === 'deny' ? 'dropped' : 'established',
  sameNode: false,
  marks: { source: 'nflog', verdict, trace, credits: [] },
})

const web = '0|default|shop/knp.default.web|deny|-1'
const endOfTier = '0|default|eot.default.default|deny|-1'
const allowed = (rule: number) => `0|default|shop/knp.default.web|allow|${rule}`

describe('words of rules beside an evaluation that agrees', () => {
  it.each([
    ['name the rule themselves', marked('allow', allowed(3)), finding('allow', allowed(0)), allowed(3)],
    ['leave open whose policy ended the tier', marked('deny', endOfTier), finding('deny', web), web],
    ['leave open which rule it was', marked('allow', allowed(-2)), finding('allow', allowed(1)), allowed(1)],
    [
      'name another policy',
      marked('allow', '0|default|shop/knp.default.other|allow|-2'),
      finding('allow', allowed(1)),
      '0|default|shop/knp.default.other|allow|-2',
    ],
  ])('where they %s', (_, observed, found, expected) => {
    expect(decide(observed, found)).toMatchObject({ evidence: 'observed', by: 'nflog', trace: [expected] })
  })

  it('stand alone where it does not agree, and both are kept', () => {
    const decision = decide(marked('deny', endOfTier), finding('allow', allowed(0)))
    expect(decision).toMatchObject({ action: 'deny', trace: [endOfTier] })
    expect(decision.conflict).toContain('observed deny')
  })
})

describe('a refusal on the one node of both ends, of which the rules name no policy', () => {
  const observed: Observed = { ...marked('deny'), reporter: 'src', sameNode: true }
  const ofPeer = (verdict: Finding['verdict'], peer: Finding['peer']): Finding => ({
    ...finding(verdict, allowed(0)),
    peer,
  })

  it('is the destination’s where its policy denies and the source’s does not', () => {
    const decision = decide(observed, ofPeer('allow', 'deny'))
    expect(decision).toMatchObject({ action: 'allow', evidence: 'evaluated' })
    expect(decision.conflict).toBeUndefined()
  })
  it('contradicts policies that deny at neither end', () => {
    expect(decide(observed, ofPeer('allow', 'allow')).conflict).toContain('observed deny')
  })
})

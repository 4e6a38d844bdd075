import { noTally, readTally, type Edge } from '@margay/graph'
import { parsePolicyHit, type PolicyHit } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { evidenceOf, findingOf, hasNoAnswer, reasonOf } from './why.ts'

const ends = { source: 'client', dest: 'api' }
const edge = (more: Partial<Edge>): Edge => ({
  id: 'a > b',
  source: 'a',
  dest: 'b',
  tally: noTally,
  verdict: 'allowed',
  deniedShare: 0,
  ...more,
})
/** Connections, packets, sent, received of: total, allowed, denied at source, denied at destination. */
const tally = (...amounts: number[]) => readTally([...amounts, ...Array<number>(16 - amounts.length).fill(0)])
const hits = (...texts: string[]): PolicyHit[] => texts.map((text) => parsePolicyHit(text).hit!)

describe('the finding', () => {
  it.each([
    [edge({ tally: tally(7, 9, 10, 10, 7, 9, 10, 10) }), 'All 7 connections from client to api were allowed.'],
    [
      edge({ verdict: 'mixed', deniedShare: 0.25, tally: tally(4, 0, 0, 0, 3, 0, 0, 0, 1) }),
      '25 % of the connections from client to api were denied, 1 of them.',
    ],
    [
      edge({ verdict: 'denied_at_source', deniedShare: 1, tally: tally(2, 0, 0, 0, 0, 0, 0, 0, 2) }),
      'Everything that client sent to api was denied before it left: 2 connections.',
    ],
    [
      edge({ verdict: 'denied_at_source', deniedShare: 1, tally: tally(1, 0, 0, 0, 0, 0, 0, 0, 1) }),
      'Everything that client sent to api was denied before it left: 1 connection.',
    ],
    [edge({ tally: tally(1, 9, 10, 10, 1, 9, 10, 10) }), 'The one connection from client to api was allowed.'],
  ])('of $0.verdict is a sentence', (given, sentence) => expect(findingOf(given, ends)).toBe(sentence))

  it('tells an allowed edge without any answer from a refused one', () => {
    const silent = edge({ tally: tally(3, 3, 240, 0, 3, 3, 240, 0) })
    expect(hasNoAnswer(silent)).toBe(true)
    expect(findingOf(silent, ends)).toContain('nothing came back')
    expect(hasNoAnswer(edge({ tally: tally(3, 6, 240, 90, 3, 6, 240, 90) }))).toBe(false)
  })
})

describe('the reason', () => {
  it('says what the source did and which rule of the destination decided', () => {
    const trace = hits('0|platform|platform.allow-dns|pass|0', '1|app|prod/app.api|deny|-1')
    expect(reasonOf({ reporter: 'dst', action: 'deny' }, trace, ends)).toBe(
      'Egress from client is allowed. Ingress to api is denied by tier app, policy api, no rule matched, tier default.',
    )
  })

  it('invents no rule where no trace was stored', () =>
    expect(reasonOf({ reporter: 'src', action: 'deny' }, [], ends)).toBe(
      'Egress from client: no policy trace was stored with the record.',
    ))

  it('says where the verdict comes from', () => {
    expect(evidenceOf({ evidence: 'observed', host: 'node-3' })).toBe('Observed, reported by node-3.')
    expect(evidenceOf({})).toBe('As the record says.')
  })
})

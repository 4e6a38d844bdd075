import { describe, expect, it } from 'vitest'
import { traceState } from './state.ts'

describe('traces say of themselves', () => {
  const say = (hasMetRule: boolean, ...legacyTables: string[]) =>
    traceState({ perSecond: 20, hasMetRule, legacyTables })

  it('that they work, once a rule was met', () => {
    expect(say(true)).toEqual({ state: 'ok', detail: 'traces up to 20 new connections a second' })
  })

  it('that there was no rule to meet, which a node without a firewall has', () => {
    expect(say(false)).toMatchObject({ state: 'ok', detail: expect.stringContaining('none of which has met a rule') })
  })

  it('which rules they cannot follow, and that this is all there is where no other rule was met', () => {
    expect(say(true, 'filter')).toMatchObject({ state: 'ok', detail: expect.stringContaining('(tables filter)') })
    expect(say(false, 'filter', 'nat')).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('iptables-legacy are in no trace (tables filter, nat)'),
      hint: expect.stringMatching(/^use iptables-nft, or --nflog-groups .* evaluated/),
    })
  })
})

import { createLogger } from '@margay/kit'
import { describe, expect, it } from 'vitest'
import type { Identified, Right, Way } from './caller.ts'
import { createPeople } from './people.ts'
import { createReviewed } from './reviewed.ts'
import { usualStrangers } from './strangers.ts'

const log = createLogger({ level: 'error', form: 'json' }, { write: () => undefined })
const clock = () => 0
const peopleOf = (way: Way) => createPeople([way], { log, clock })

const may = (allowed: Right) => async (right: Right) => right === allowed || `it may not ${right}`
const somebody = (allowed: Right): Identified => ({ name: 'ada', shownBy: 'Kubernetes', may: may(allowed) })

/** A way on which every token is good, of somebody who has one right. */
const everybody = (allowed: Right): Way =>
  createReviewed({ keepMs: 30_000, maxTokens: 1_000, clock }, async () => somebody(allowed))

describe('people', () => {
  it('who may not are told so, until they have shown too many tokens of their own', async () => {
    const people = peopleOf(everybody('scrape'))
    for (let n = 0; n < usualStrangers.wrongInMinute; n++)
      await expect(people.admit(`own ${n}`, 'read', 'p')).rejects.toMatchObject({ code: 'forbidden' })
    const refusal = { code: 'too_many_tokens', retryAfterSeconds: 60 }
    await expect(people.admit('one more', 'read', 'p')).rejects.toMatchObject(refusal)
  })

  it('who were let in once are told what they may not, however often', async () => {
    const people = peopleOf(everybody('read'))
    await people.admit('own', 'read', 'p')
    for (let n = 0; n < 2 * usualStrangers.wrongInMinute; n++)
      await expect(people.admit('own', 'send', 'p')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await people.admit('another', 'read', 'p')).toMatchObject({ name: 'ada' })
  })

  it('who would wait too long are told to ask again in a second', async () => {
    const people = peopleOf({ recall: () => undefined, identify: () => new Promise(() => undefined) })
    const { atOnceOfPeer, waitingOfPeer } = usualStrangers
    for (let n = 0; n < atOnceOfPeer + waitingOfPeer; n++) void people.admit(`token ${n}`, 'read', 'p')
    const refusal = { code: 'too_many_tokens', retryAfterSeconds: 1 }
    await expect(people.admit('one more', 'read', 'p')).rejects.toMatchObject(refusal)
  })
})

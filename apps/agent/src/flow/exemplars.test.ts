import type { Exemplar } from '@margay/model'
import { parseExemplar } from '@margay/model'
import { describe, expect, it } from 'vitest'
import { createExemplarList } from './exemplars.ts'

const exemplar = (port: number, syns = 1): Exemplar => ({
  startMs: 1_000 * port,
  went: 'refused',
  proto: 'tcp',
  source: { ip: '10.0.0.1', port },
  dest: { ip: '10.0.0.2', port: 80 },
  syns,
})

const portsOf = ({ exemplars }: { exemplars?: unknown }) =>
  (exemplars as string[]).map((text) => parseExemplar(text)!.source.port)

describe('exemplars of an interval', () => {
  it('are the oldest and the newest of many, and all are counted', () => {
    const list = createExemplarList(4)
    for (let port = 1; port <= 9; port++) list.keep(String(port), exemplar(port), true)
    expect(portsOf(list.fields())).toEqual([1, 2, 8, 9])
    expect(list.fields().num_exemplars).toBe(9)
  })

  it('hold a connection once, as it was seen last', () => {
    const list = createExemplarList(4)
    for (const syns of [1, 2, 3]) list.keep('a', exemplar(1, syns), syns === 1)
    expect(list.fields()).toEqual({
      exemplars: ['1970-01-01T00:00:01.000Z refused tcp 10.0.0.1:1>10.0.0.2:80 syns=3'],
      num_exemplars: 1,
    })
  })

  it.each([1, 2, 3])('never grow over their bound of %i', (most) => {
    const list = createExemplarList(most)
    for (let port = 1; port <= 20; port++) list.keep(String(port), exemplar(port), true)
    expect(portsOf(list.fields())).toHaveLength(most)
  })
})

import { describe, expect, it } from 'vitest'
import { tuple } from '../kernel/layout.ts'
import { createNatTable } from './nat-table.ts'

const own = 4_026_531_840
const bytesOf = (letter: string) => Buffer.alloc(tuple.family, letter)
const keyOf = (letter: string) => bytesOf(letter).toString('latin1')

describe('the way back from translated packets', () => {
  it('gives a packet the tuple that its socket has', () => {
    const nat = createNatTable(own)
    nat.noteWire(keyOf('w'), keyOf('k'))
    const bytes = Buffer.concat([Buffer.from('before'), bytesOf('w'), Buffer.from('after')])
    nat.asDialled(bytes, 6, own)
    expect(bytes.toString('latin1')).toBe(`before${keyOf('k')}after`)
  })

  it('leaves the packets of pods alone: theirs are not translated yet', () => {
    const nat = createNatTable(own)
    nat.noteWire(keyOf('w'), keyOf('k'))
    const bytes = bytesOf('w')
    nat.asDialled(bytes, 0, own + 1)
    expect(bytes).toEqual(bytesOf('w'))
  })

  it('is refreshed from whoever reads translations, whose failure is its own', () => {
    const nat = createNatTable(own)
    nat.refresh()
    let reads = 0
    nat.readFrom(() => {
      reads++
      throw new Error('gone')
    })
    nat.refresh()
    nat.readFrom(undefined)
    nat.refresh()
    expect(reads).toBe(1)
  })
})

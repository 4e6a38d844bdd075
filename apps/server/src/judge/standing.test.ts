// Where standings hang, and for how long what they hang on is held.
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { networks } from '../inventory/endpoint.ts'
import { createPlaces } from './places.ts'
import type { Standing } from './standing.ts'
import { createStandingPlaces, findStanding, hangStanding } from './standing.ts'
import { createStandings } from './standings.ts'
import { createWorld } from './world.ts'

const row = { flows: 1, started: 1, completed: 0 }

/** A table of standings, and its series from one client to one server by port. */
function createTable(maxSeries: number) {
  const world = createWorld({ keepSeconds: 7200, maxChanges: 100 })
  const places = createPlaces(world)
  const [source, dest] = [places.peer(networks.pub, '198.51.100.1'), places.peer(networks.pub, '203.0.113.9')]
  const standings = createStandings(
    { maxSeries },
    { follow: (flow) => world.engine.follow(flow), readMarks: () => undefined },
  )
  const open = (port: number): Standing => {
    const own = { reporter: 'src', proto: 'tcp', dest_port: port }
    return standings.open({ own, host: 'n1', source, dest, sourceNode: undefined, destNode: undefined }, row, 100)
  }
  return { open, trim: () => standings.trim() }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('a standing', () => {
  it('does not hold the definitions of epochs that are over', async () => {
    const { open } = createTable(10)
    const standing = open(443)
    const epochs = Array.from({ length: 20 }, () => {
      const definition = createStandingPlaces()
      hangStanding(definition, 1, open(443))
      return new WeakRef(definition)
    })
    // A weak reference holds what it was made of until the turn is over.
    await setImmediate()
    collectGarbage()
    expect(epochs.filter((definition) => definition.deref())).toEqual([])
    expect(open(443)).toBe(standing)
  })
  it('that the table forgot is not found where it hangs, and the one that was opened anew is', () => {
    const { open, trim } = createTable(1)
    const definition = createStandingPlaces()
    const keys = [1, 2, 'text'] as const
    const found = () => keys.map((key) => findStanding(definition, key))
    const first = open(443)
    for (const key of keys) hangStanding(definition, key, first)
    expect(found()).toEqual([first, first, first])
    trim()
    open(80)
    trim()
    expect(found()).toEqual([undefined, undefined, undefined])
    const again = open(443)
    for (const key of keys) hangStanding(definition, key, again)
    expect(again).not.toBe(first)
    expect(found().every((standing) => standing === again)).toBe(true)
  })
})

import { expect, it } from 'vitest'
import { forgetPlaces, mergePlaces, mostPlaces, noPlaces, readPlaces, writePlaces } from './saved-places.ts'

function storage(entries: Record<string, string> = {}) {
  const items = new Map(Object.entries(entries))
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}

const saved = {
  positions: new Map([
    ['a', { x: 1, y: 2 }],
    ['b', { x: -3, y: 4 }],
  ]),
  pinned: new Set(['b']),
  camera: { x: 1, y: 2, zoom: 0.5 },
}

it('come back as they were, each view its own', () => {
  const store = storage()
  writePlaces(store, 'auto', saved)
  expect(readPlaces(store, 'auto')).toEqual(saved)
  expect(readPlaces(store, 'pod')).toEqual(noPlaces)
  forgetPlaces(store, 'auto')
  expect(readPlaces(store, 'auto')).toEqual(noPlaces)
})

it.each(['', '{', 'null', '7', '{"places":{}}', '{"places":[["a","x",1],[1,2,3],null],"camera":{"zoom":0}}'])(
  'are none where the storage holds nonsense: %s',
  (text) => expect(readPlaces(storage({ 'margay.graph.places.auto': text }), 'auto')).toEqual(noPlaces),
)

it('cost nothing but themselves where the storage is full', () => {
  const full = {
    ...storage(),
    setItem() {
      throw new Error('quota')
    },
  }
  expect(() => writePlaces(full, 'auto', saved)).not.toThrow()
})

it('are kept up to a limit, those seen last', () => {
  const store = storage()
  const old = new Map(Array.from({ length: mostPlaces }, (_, at) => [`old${at}`, { x: at, y: 0 }]))
  writePlaces(store, 'auto', { ...saved, positions: mergePlaces(old, new Map([['new', { x: 0, y: 0 }]])) })
  const read = readPlaces(store, 'auto').positions
  expect([read.size, read.has('new'), read.has('old0')]).toEqual([mostPlaces, true, false])
})

// Where vertices stood when they were last seen, and how the camera looked at them, kept in this browser for each level of
// the graph. What is read back is checked: storage is written by other versions, by other tabs and by people.
import type { Point } from '@margay/graph'
import type { Camera } from './camera.ts'

export interface SavedPlaces {
  readonly positions: ReadonlyMap<string, Point>
  /** Ids that were dragged there. */
  readonly pinned: ReadonlySet<string>
  readonly camera: Camera | undefined
}

export const noPlaces: SavedPlaces = { positions: new Map(), pinned: new Set(), camera: undefined }

/** Places kept at most; the ones not seen for longest go first. */
export const mostPlaces = 5000

type Stored = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const keyOf = (view: string) => `margay.graph.places.${view}`

/** What was saved for a view; nothing where it cannot be read. */
export function readPlaces(storage: Stored, view: string): SavedPlaces {
  try {
    return decode(JSON.parse(storage.getItem(keyOf(view)) ?? 'null'))
  } catch {
    return noPlaces
  }
}

/** Saves; a full or forbidden storage costs the memory of the places and nothing else. */
export function writePlaces(storage: Stored, view: string, { positions, pinned, camera }: SavedPlaces): void {
  const kept = [...positions].slice(-mostPlaces)
  const places = kept.map(([id, { x, y }]) => [id, x, y, pinned.has(id) ? 1 : 0])
  try {
    storage.setItem(keyOf(view), JSON.stringify({ places, camera }))
  } catch {
    // Nothing depends on it.
  }
}

export function forgetPlaces(storage: Stored, view: string): void {
  storage.removeItem(keyOf(view))
}

function decode(stored: unknown): SavedPlaces {
  if (typeof stored !== 'object' || stored === null) return noPlaces
  const { places, camera } = stored as { readonly places?: unknown; readonly camera?: unknown }
  const read = (Array.isArray(places) ? places : []).filter(isPlace)
  return {
    positions: new Map(read.map(([id, x, y]) => [id, { x, y }])),
    pinned: new Set(read.flatMap(([id, , , isPinned]) => (isPinned ? [id] : []))),
    camera: isCamera(camera) ? camera : undefined,
  }
}

const isPlace = (place: unknown): place is [string, number, number, number] =>
  Array.isArray(place) && typeof place[0] === 'string' && Number.isFinite(place[1]) && Number.isFinite(place[2])

function isCamera(camera: unknown): camera is Camera {
  if (typeof camera !== 'object' || camera === null) return false
  const { x, y, zoom } = camera as Partial<Camera>
  return Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(zoom) && zoom! > 0
}

/** The places after another layout: what is drawn now comes last, as seen most recently. */
export function mergePlaces(before: ReadonlyMap<string, Point>, drawn: ReadonlyMap<string, Point>): Map<string, Point> {
  const rest = [...before].filter(([id]) => !drawn.has(id))
  return new Map([...rest, ...drawn])
}

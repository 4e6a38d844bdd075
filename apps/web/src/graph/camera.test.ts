import { expect, it } from 'vitest'
import { beginAt, fitTo, leastZoom, mostZoom, reveal, toPlane, toScreen, zoomAt } from './camera.ts'

const size = { width: 900, height: 500 }

it('keeps what is under the pointer there while it zooms', () => {
  const camera = { x: 13, y: -40, zoom: 0.7 }
  const at = { x: 300, y: 200 }
  const under = toPlane(camera, at)
  const back = toScreen(zoomAt(camera, 1.3, at), under)
  expect(back.x).toBeCloseTo(at.x)
  expect(back.y).toBeCloseTo(at.y)
})

it('stays within its zooms', () => {
  expect(zoomAt({ x: 0, y: 0, zoom: 1 }, 1e9, { x: 0, y: 0 }).zoom).toBe(mostZoom)
  expect(zoomAt({ x: 0, y: 0, zoom: 1 }, 1e-9, { x: 0, y: 0 }).zoom).toBe(leastZoom)
})

it('fits all of a picture, and does not blow up a small one', () => {
  const large = { x: -500, y: 100, width: 4000, height: 900 }
  const camera = fitTo(large, size)
  const corner = toScreen(camera, { x: large.x + large.width, y: large.y + large.height })
  expect(corner.x).toBeLessThanOrEqual(size.width)
  expect(corner.y).toBeLessThanOrEqual(size.height)
  expect(fitTo({ x: 0, y: 0, width: 50, height: 20 }, size).zoom).toBeLessThan(1.2)
})

it('begins with all of a picture where names can be read then, else near enough to read them', () => {
  const phone = { width: 390, height: 372 }
  const small = { x: 0, y: 0, width: 300, height: 200 }
  expect(beginAt(small, phone)).toEqual(fitTo(small, phone))
  const large = { x: -500, y: 100, width: 4000, height: 900 }
  expect(fitTo(large, phone).zoom).toBeLessThan(0.2)
  expect(beginAt(large, phone).zoom).toBe(0.75)
  const corner = toScreen(beginAt(large, phone), large)
  expect(corner.x).toBeGreaterThan(0)
  expect(corner.y).toBeLessThan(phone.height / 2)
})

it('moves only as far as it must to show something', () => {
  const camera = { x: 0, y: 0, zoom: 1 }
  expect(reveal(camera, { x: 300, y: 200, width: 100, height: 40 }, size)).toBe(camera)
  const moved = reveal(camera, { x: 1200, y: 200, width: 100, height: 40 }, size)
  expect(moved.y).toBe(0)
  expect(toScreen(moved, { x: 1300, y: 0 }).x).toBeLessThanOrEqual(size.width)
})

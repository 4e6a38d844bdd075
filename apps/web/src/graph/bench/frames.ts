// Measures frames of the graph's own stage in a browser: the camera pans and zooms without rest for so many frames.
// bench/graph.ts opens this page, calls `measureFrames`, and reads the figures.
import { palettes } from '../../theme/theme.ts'
import { buildScene } from '../scene.ts'
import { createStage } from '../stage.ts'
import { worldLayout, worldPicture, worldTable, type WorldSize } from './world.ts'

export interface Frames {
  readonly vertices: number
  readonly edges: number
  /** Milliseconds between two frames, in order. */
  readonly intervals: readonly number[]
  /** Milliseconds of painting everything anew. */
  readonly paintMs: number
}

async function measureFrames(size: WorldSize, frames: number): Promise<Frames> {
  const picture = worldPicture(worldTable(size))
  const scene = buildScene(picture, worldLayout(picture), { measure: 'bytes', seconds: 3600 })
  const root = document.querySelector<HTMLElement>('#root')
  if (!root) throw new Error('BUG: the page has no #root')
  const stage = createStage(root, { palette: palettes.light, font: 'sans-serif', onCamera: () => undefined })
  stage.show(scene, undefined)
  await nextFrame()
  const intervals: number[] = []
  let before = await nextFrame()
  for (let at = 0; at < frames; at++) {
    // A hand that drags far and back, and zooms on the way.
    stage.pan(Math.cos(at / 23) * 24, Math.sin(at / 17) * 9)
    if (at % 4 === 0) stage.zoom(at % 240 < 120 ? 1.02 : 1 / 1.02)
    const now = await nextFrame()
    intervals.push(now - before)
    before = now
  }
  const { paintMs } = stage
  stage.close()
  return { vertices: scene.vertices.length, edges: scene.edges.length, intervals, paintMs }
}

const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))

Object.assign(window, { measureFrames })

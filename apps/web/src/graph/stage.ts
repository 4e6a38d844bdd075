// The stage: two canvases, a camera and the pointer. The lower canvas holds the scene, the upper one what stands out.
// Painting a large scene takes longer than a frame, so while the camera moves the painted picture is moved and scaled by
// the compositor, and painted anew once it rests; a small scene is simply painted each frame. React never draws here.
import type { Point, Size } from '@margay/graph'
import { bounds } from '@margay/graph'
import { beginAt, fitTo, panBy, reveal, wholeAndNamed, zoomAt, type Camera } from './camera.ts'
import { paintHighlight, paintScene, type Highlight, type Surface } from './paint.ts'
import type { Scene } from './scene.ts'
import type { Palette } from '../theme/theme.ts'

export interface Stage {
  readonly camera: Camera
  readonly size: Size
  /** Shows a scene; the camera stays unless there never was one. */
  show(scene: Scene, camera: Camera | undefined): void
  highlight(highlight: Highlight | undefined): void
  paintWith(palette: Palette): void
  moveTo(camera: Camera): void
  pan(dx: number, dy: number): void
  zoom(factor: number, at?: Point): void
  fit(): void
  reveal(vertex: string): void
  /** Milliseconds that the last painting of the scene took. */
  readonly paintMs: number
  close(): void
}

export interface StageOptions {
  readonly palette: Palette
  readonly font: string
  /** The camera came to rest somewhere else. */
  readonly onCamera: (camera: Camera) => void
}

/** Share of the visible size that is painted beyond each side, so that a pan shows no bare edge at once. */
const margin = 0.5
/** While the camera moves, a large scene is painted anew no more often: a bare edge for a moment is better than a halt. */
const repaintMs = 400
/** A scene that is painted faster than this is painted every frame. */
const quickMs = 6
/** The camera rests when it has not moved for this long. */
const restMs = 140

/** Builds the stage inside an element and follows its size. */
export function createStage(root: HTMLElement, { palette, font, onCamera }: StageOptions): Stage {
  const lower = addCanvas(root)
  const upper = addCanvas(root)
  let colours = palette
  let size: Size = { width: root.clientWidth, height: root.clientHeight }
  let scene: Scene | undefined
  let standing: Highlight | undefined
  let camera: Camera = { x: 0, y: 0, zoom: 1 }
  let painted: Camera = camera
  let hasCamera = false
  let paintMs = 0
  let paintedAt = 0
  let frame = 0
  let rest: ReturnType<typeof setTimeout> | undefined

  const surfaceOf = (canvas: HTMLCanvasElement, width: number, height: number): Surface => ({
    context: canvas.getContext('2d')!,
    width,
    height,
    ratio: devicePixelRatio,
    palette: colours,
    font,
  })
  const outside = () => ({ x: Math.ceil(size.width * margin), y: Math.ceil(size.height * margin) })

  const paintLower = () => {
    if (!scene) return
    const start = performance.now()
    const { x, y } = outside()
    paintScene(surfaceOf(lower, size.width + 2 * x, size.height + 2 * y), scene, panBy(camera, x, y))
    painted = camera
    lower.style.transform = ''
    paintedAt = performance.now()
    paintMs = paintedAt - start
  }
  const paintUpper = () => {
    lower.style.opacity = standing ? '0.28' : '1'
    const surface = surfaceOf(upper, size.width, size.height)
    if (scene) paintHighlight(surface, scene, standing ?? nothing, camera)
  }
  /** Moves the painted picture to where the camera now sees it. */
  const shift = () => {
    const scale = camera.zoom / painted.zoom
    const { x, y } = outside()
    const dx = x + camera.x - (x + painted.x) * scale
    const dy = y + camera.y - (y + painted.y) * scale
    lower.style.transform = `matrix(${scale}, 0, 0, ${scale}, ${dx}, ${dy})`
  }
  /** Whether the painted picture, as it is shifted now, still covers what is seen. */
  const covers = () => {
    const scale = camera.zoom / painted.zoom
    const { x, y } = outside()
    const [left, top] = [camera.x - (x + painted.x) * scale, camera.y - (y + painted.y) * scale]
    const [width, height] = [(size.width + 2 * x) * scale, (size.height + 2 * y) * scale]
    return left <= 0 && top <= 0 && left + width >= size.width && top + height >= size.height
  }
  const onFrame = () => {
    frame = 0
    const isDue = performance.now() - paintedAt >= repaintMs
    if (paintMs <= quickMs || (isDue && !covers())) paintLower()
    else shift()
    paintUpper()
  }
  const schedule = () => {
    if (frame === 0) frame = requestAnimationFrame(onFrame)
  }
  const come = () => {
    if (painted !== camera) paintLower()
    onCamera(camera)
  }
  const moveTo = (next: Camera) => {
    camera = next
    hasCamera = true
    schedule()
    clearTimeout(rest)
    rest = setTimeout(come, restMs)
  }
  const wholeScene = () => scene && bounds([...scene.boxes, ...scene.vertices])
  const fit = () => {
    const whole = wholeScene()
    if (whole) moveTo(fitTo(whole, size))
  }
  const resize = () => {
    size = { width: root.clientWidth, height: root.clientHeight }
    const { x, y } = outside()
    sizeCanvas(lower, size.width + 2 * x, size.height + 2 * y, { left: -x, top: -y })
    sizeCanvas(upper, size.width, size.height, { left: 0, top: 0 })
    if (scene && !hasCamera) fit()
    paintLower()
    paintUpper()
  }
  const observer = new ResizeObserver(resize)
  observer.observe(root)
  resize()

  return {
    get camera() {
      return camera
    },
    get size() {
      return size
    },
    get paintMs() {
      return paintMs
    },
    show(next, saved) {
      scene = next
      if (!hasCamera && saved) {
        camera = saved
        hasCamera = true
      }
      if (!hasCamera && size.width > 0) {
        const whole = wholeScene()
        if (whole) camera = narrow(size) ? beginAt(whole, size) : wholeAndNamed(whole, size)
        hasCamera = whole !== undefined
      }
      paintLower()
      paintUpper()
    },
    highlight(next) {
      standing = next
      paintUpper()
    },
    paintWith(next) {
      colours = next
      paintLower()
      paintUpper()
    },
    moveTo,
    pan: (dx, dy) => moveTo(panBy(camera, dx, dy)),
    zoom: (factor, at = { x: size.width / 2, y: size.height / 2 }) => moveTo(zoomAt(camera, factor, at)),
    fit,
    reveal(vertex) {
      const rect = scene?.vertexById.get(vertex)
      const next = rect ? reveal(camera, rect, size) : camera
      if (next !== camera) moveTo(next)
    },
    close() {
      observer.disconnect()
      clearTimeout(rest)
      cancelAnimationFrame(frame)
      lower.remove()
      upper.remove()
    },
  }
}

/** On a phone a whole picture is too small to read; on a desk it is the better beginning, and the wheel is at hand. */
const narrow = ({ width }: Size) => width < 720

const nothing: Highlight = { edges: [], vertices: [], selected: new Set(), focused: undefined, labels: new Map() }

function addCanvas(root: HTMLElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.setAttribute('aria-hidden', 'true')
  canvas.style.position = 'absolute'
  canvas.style.transformOrigin = '0 0'
  canvas.style.pointerEvents = 'none'
  root.append(canvas)
  return canvas
}

function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number, at: { left: number; top: number }): void {
  canvas.width = Math.round(width * devicePixelRatio)
  canvas.height = Math.round(height * devicePixelRatio)
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px`, left: `${at.left}px`, top: `${at.top}px` })
}

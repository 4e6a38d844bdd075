// What the pointer does on the graph: hover, click, double click, dragging a vertex, panning, pinching, the wheel. It turns
// events into a few words and knows neither scene nor canvas.
import type { Point } from '@margay/graph'

export interface PointerWords {
  hover(at: Point | undefined): void
  click(at: Point): void
  doubleClick(at: Point): void
  /** A right click or a long press; says whether there is a menu for it. */
  menu(at: Point): boolean
  /** A drag begins; says whether something is taken along. If not, the plane is panned. */
  take(at: Point): boolean
  drag(to: Point): void
  drop(to: Point): void
  pan(dx: number, dy: number): void
  zoom(factor: number, at: Point): void
}

/** A press that moves less than this is a click. */
const clickReach = 4
/** Zoom for a notch of the wheel, which browsers report as about 100. */
const zoomPerWheel = 1.0015

/** Listens on an element until the returned function is called. */
export function listen(element: HTMLElement, words: PointerWords): () => void {
  const down = new Map<number, Point>()
  let start: Point | undefined
  let moving: 'no' | 'vertex' | 'plane' = 'no'
  const abort = new AbortController()
  const on = <K extends keyof HTMLElementEventMap>(
    name: K,
    handle: (event: HTMLElementEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ) => element.addEventListener(name, handle, { ...options, signal: abort.signal })
  const pointOf = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  on('pointerdown', (event) => {
    if (event.button !== 0) return
    down.set(event.pointerId, pointOf(event))
    start = down.size === 1 ? pointOf(event) : undefined
    moving = down.size === 1 ? 'no' : 'plane'
  })
  on('pointermove', (event) => {
    const at = pointOf(event)
    const before = down.get(event.pointerId)
    if (!before) return words.hover(at)
    if (down.size > 1) pinch(down, event.pointerId, at, words)
    else if (moving === 'no' && start && distance(start, at) > clickReach) {
      element.setPointerCapture(event.pointerId)
      moving = words.take(start) ? 'vertex' : 'plane'
    } else if (moving === 'plane') words.pan(at.x - before.x, at.y - before.y)
    if (moving === 'vertex') words.drag(at)
    if (moving !== 'no' || down.size > 1) down.set(event.pointerId, at)
  })
  on('pointerup', (event) => {
    const wasDown = down.delete(event.pointerId)
    if (!wasDown) return
    if (moving === 'vertex') words.drop(pointOf(event))
    else if (moving === 'no') words.click(pointOf(event))
    if (down.size === 0) moving = 'no'
  })
  on('pointercancel', (event) => {
    down.delete(event.pointerId)
    moving = 'no'
  })
  on('pointerleave', () => words.hover(undefined))
  on('contextmenu', (event) => {
    if (words.menu(pointOf(event))) event.preventDefault()
  })
  on('dblclick', (event) => words.doubleClick(pointOf(event)))
  on(
    'wheel',
    (event) => {
      event.preventDefault()
      words.zoom(zoomPerWheel ** -event.deltaY, pointOf(event))
    },
    { passive: false },
  )
  return () => abort.abort()
}

const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y)

/** Two fingers: what is between them follows them. */
function pinch(down: ReadonlyMap<number, Point>, moved: number, to: Point, words: PointerWords): void {
  const [other] = [...down].filter(([id]) => id !== moved).map(([, at]) => at)
  const before = down.get(moved)
  if (!other || !before) return
  words.pan((to.x - before.x) / 2, (to.y - before.y) / 2)
  const was = distance(before, other)
  if (was > 0) words.zoom(distance(to, other) / was, { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 })
}

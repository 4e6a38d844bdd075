// Drags out a part of something horizontal: pointer events to two shares of its width. Knows nothing of time.
import { useCallback, useState, type PointerEvent } from 'react'

export interface Brush {
  /** Shares from 0 to 1, in the order in which they were dragged. */
  readonly start: number
  readonly end: number
}

/** Anything narrower is a click, not a drag. */
const leastPixels = 4

const shareOf = (event: PointerEvent<HTMLElement>): number => {
  const { left, width } = event.currentTarget.getBoundingClientRect()
  return Math.min(1, Math.max(0, (event.clientX - left) / width))
}

/** `onBrush` gets the two shares in order; `hover` is the share under the pointer. */
export function useBrush(onBrush: (from: number, to: number) => void) {
  const [brush, setBrush] = useState<Brush>()
  const [hover, setHover] = useState<number>()
  const onPointerDown = useCallback((event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const share = shareOf(event)
    setBrush({ start: share, end: share })
  }, [])
  const onPointerMove = useCallback((event: PointerEvent<HTMLElement>) => {
    const share = shareOf(event)
    setHover(share)
    setBrush((brush) => brush && { ...brush, end: share })
  }, [])
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    setBrush(undefined)
    if (!brush) return
    const end = shareOf(event)
    const pixels = Math.abs(end - brush.start) * event.currentTarget.clientWidth
    if (pixels >= leastPixels) onBrush(Math.min(brush.start, end), Math.max(brush.start, end))
  }
  const stop = useCallback(() => {
    setBrush(undefined)
    setHover(undefined)
  }, [])
  return {
    brush,
    hover,
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerLeave: stop, onPointerCancel: stop },
  }
}

// The layout in a thread of its own: a large picture takes its time without holding up a frame. Answers carry the number
// of their question, so that whoever asked twice takes the newer one.
import { layoutGraph, type LayoutInput, type LayoutResult } from '@margay/graph'

export interface LayoutQuestion {
  readonly number: number
  readonly input: LayoutInput
}

export interface LayoutReply {
  readonly number: number
  readonly result: LayoutResult
}

self.addEventListener('message', ({ data }: MessageEvent<LayoutQuestion>) => {
  const reply: LayoutReply = { number: data.number, result: layoutGraph(data.input) }
  self.postMessage(reply, { transfer: [] })
})

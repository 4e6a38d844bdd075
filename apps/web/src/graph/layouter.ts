// Asks the layout worker, one question at a time and always the newest: while it works, later questions replace each other.
import type { LayoutInput, LayoutResult } from '@margay/graph'
import type { LayoutQuestion, LayoutReply } from './layout-worker.ts'

export interface Layouter {
  /** `onResult` is called unless a newer question was asked before this one was taken up. */
  ask(input: LayoutInput, onResult: (result: LayoutResult) => void): void
  close(): void
}

interface Waiting {
  readonly input: LayoutInput
  readonly onResult: (result: LayoutResult) => void
}

export function createLayouter(): Layouter {
  const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module', name: 'graph layout' })
  let number = 0
  let working: Waiting | undefined
  let next: Waiting | undefined
  const start = (waiting: Waiting) => {
    working = waiting
    const question: LayoutQuestion = { number: ++number, input: waiting.input }
    worker.postMessage(question, { transfer: [] })
  }
  worker.addEventListener('message', ({ data }: MessageEvent<LayoutReply>) => {
    if (data.number !== number || !working) return
    const done = working
    working = undefined
    if (next) start(next)
    next = undefined
    done.onResult(data.result)
  })
  return {
    ask(input, onResult) {
      if (working) next = { input, onResult }
      else start({ input, onResult })
    },
    close: () => worker.terminate(),
  }
}

// Deltas for those who watch: sent at once, over a connection of their own so that they do not wait behind a segment, and
// forgotten. A gap or a server that lost the epoch starts a new one.
import type { Logger, Queue } from '@margay/kit'
import { createQueue } from '@margay/kit'
import type { FramesAnswer, RecordSink } from '@margay/wire'
import { makePiece, newEpoch } from './agent-spool.ts'
import { createBatch } from './batch.ts'
import type { ServerLink } from './server-link.ts'

export interface LiveSender {
  readonly sink: RecordSink
  /** Sends what the sink holds. */
  flush(): void
  run(signal: AbortSignal): Promise<void>
}

export interface LiveSenderDeps {
  readonly agent: string
  readonly link: ServerLink
  readonly log: Logger
  readonly now: () => number
  readonly onAnswer: (answer: FramesAnswer) => void
}

/** Some seconds of deltas; whoever is further behind shows the past as the present. */
const maxWaitingFrames = 16

export function createLiveSender(deps: LiveSenderDeps): LiveSender {
  let gap = false
  const queue: Queue<Uint8Array> = createQueue({
    limit: maxWaitingFrames,
    whenFull: 'drop-oldest',
    onDrop: () => (gap = true),
  })
  const batch = createBatch({
    agent: deps.agent,
    provisional: true,
    newEpoch,
    now: deps.now,
    onFrame: (frame, name) => queue.push(Buffer.concat(makePiece(frame, name))),
    takeLosses: () => [],
  })
  const startAnew = () => {
    while (queue.shift());
    batch.nextEpoch()
    gap = false
  }
  const send = async (signal: AbortSignal) => {
    const first = await queue.take(signal)
    if (!first) return
    const frames = [first]
    for (let next = queue.shift(); next; next = queue.shift()) frames.push(next)
    const answer = await deps.link.sendFrames(frames, signal)
    deps.onAnswer(answer)
    if (answer.results.some(({ result }) => result !== 'shown')) gap = true
  }
  return {
    sink: batch.sink,
    flush() {
      if (gap) startAnew()
      else batch.flush()
    },
    async run(signal) {
      while (!signal.aborted) {
        await send(signal).catch((error: unknown) => {
          gap = true
          if (!signal.aborted) deps.log.debug('a live delta was not sent', { error: error as Error })
        })
      }
    },
  }
}

// The output as collectors in the thread see it: rows gather here until an interval or a second is complete, then cross in
// one message. A row that crosses is copied, so nothing is shared between the threads.
import type { Row } from '@margay/model'
import type { AgentOutput, RecordSink } from '@margay/wire'
import type { FromThread, SinkPart } from './messages.ts'

export interface ThreadOutputDeps {
  readonly post: (message: FromThread) => void
  readonly watched: () => boolean
  readonly onHandover: AgentOutput['onHandover']
}

/** Over this the thread numbers anew, so that neither side's list grows for ever. */
const maxSeries = 100_000

interface Gathering extends RecordSink {
  take(): SinkPart
}

function createGathering(): Gathering {
  let epoch = 0
  let next = 0
  let restarted = false
  let definitions: { logType: string; dimensions: Row }[] = []
  let series: number[] = []
  let rows: Row[] = []
  return {
    get epoch() {
      return epoch
    },
    series(logType, dimensions) {
      definitions.push({ logType, dimensions })
      return next++
    },
    add(number, rest) {
      series.push(number)
      rows.push(rest)
    },
    take() {
      const part = { restarted, definitions, series, rows }
      restarted = next > maxSeries
      if (restarted) {
        next = 0
        epoch++
      }
      definitions = []
      series = []
      rows = []
      return part
    },
  }
}

export function createThreadOutput({ post, watched, onHandover }: ThreadOutputDeps): AgentOutput {
  const lasting = createGathering()
  const live = createGathering()
  return {
    lasting,
    live,
    watched,
    onHandover,
    endInterval: (endTime) => post({ kind: 'interval', part: lasting.take(), endTime }),
    endDelta() {
      const part = live.take()
      if (part.rows.length > 0 || part.restarted) post({ kind: 'delta', part })
    },
    lost: (what, count) => post({ kind: 'lost', what, count }),
  }
}

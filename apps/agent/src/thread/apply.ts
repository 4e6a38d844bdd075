// Puts what came from the thread into the real output and the real health report.
import type { Health } from '@margay/kit'
import type { AgentOutput, RecordSink } from '@margay/wire'
import type { Row } from '@margay/model'
import { createSeriesCache } from '../flow/series-cache.ts'
import type { Series } from '../flow/series-cache.ts'
import type { FromThread, SinkPart } from './messages.ts'

interface Known {
  readonly logType: string
  readonly dimensions: Row
  series: Series | undefined
}

function createApplier(sink: RecordSink): (part: SinkPart) => void {
  const cache = createSeriesCache(sink)
  let known: Known[] = []
  return ({ restarted, definitions, series, rows }) => {
    if (restarted) known = []
    for (const { logType, dimensions } of definitions) known.push({ logType, dimensions, series: undefined })
    for (const [index, number] of series.entries()) {
      const entry = known[number]
      if (!entry) throw new Error(`BUG: series ${number} of the thread was never defined`)
      entry.series = cache.of(entry.series, entry.logType, () => entry.dimensions)
      sink.add(entry.series.number, rows[index]!)
    }
  }
}

export interface ApplyDeps {
  readonly output: AgentOutput
  readonly health: Health
  readonly onOpen: () => void
}

/** Takes the messages of one thread, from its first on. */
export function createApply({ output, health, onOpen }: ApplyDeps): (message: FromThread) => void {
  const lasting = createApplier(output.lasting)
  const live = createApplier(output.live)
  return (message) => {
    switch (message.kind) {
      case 'open':
        return onOpen()
      case 'interval':
        lasting(message.part)
        return output.endInterval(message.endTime)
      case 'delta':
        live(message.part)
        return output.endDelta()
      case 'lost':
        return output.lost(message.what, message.count)
      case 'health':
        for (const [name, state] of Object.entries(message.report)) health.stage(name).set(state)
    }
  }
}

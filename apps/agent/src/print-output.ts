// The output of `--print`: each row that lasts is one line of JSON in the published form, for people who want to see what
// this node sees and for tests. Nothing is kept.
import { dnsLog, flowLog, printJsonExact, writeRow } from '@margay/model'
import type { LogType, Row } from '@margay/model'
import type { AgentOutput, RecordSink } from '@margay/wire'

const logTypes: Readonly<Record<string, LogType>> = { flows: flowLog, dns: dnsLog }

/** What the agent sends beside the catalogue's fields. */
const beside = ['dialled_ip', 'dialled_port'] as const

function lineOf(logType: string, row: Row): string {
  const extra = beside.filter((name) => row[name] !== undefined).map((name) => [name, row[name]])
  return `${printJsonExact({ log: logType, ...writeRow(logTypes[logType]!, row), ...Object.fromEntries(extra) })}\n`
}

export function createPrintOutput(deps: { readonly write: (line: string) => void }): AgentOutput {
  const known: { readonly logType: string; readonly dimensions: Row }[] = []
  const lasting: RecordSink = {
    epoch: 0,
    series: (logType, dimensions) => known.push({ logType, dimensions }) - 1,
    add(series, rest) {
      const { logType, dimensions } = known[series]!
      deps.write(lineOf(logType, { ...dimensions, ...rest }))
    },
  }
  return {
    lasting,
    live: { epoch: 0, series: () => 0, add: () => {} },
    watched: () => false,
    onHandover: () => () => {},
    endInterval: () => {},
    endDelta: () => {},
    lost: (what, count) => deps.write(`${printJsonExact({ log: 'lost', what, count })}\n`),
  }
}

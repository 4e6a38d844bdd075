// What one TCP connection costs the agent in TypeScript, from the record of its end to the counters of its flow: plain, with
// what rules said of it, and where it failed and is kept whole. Records are made here and no kernel program runs, so that
// nothing else is measured. The ways are taken in turn in rounds of one run; medians of CPU time by this process.
import { agentConfig } from '@margay/agent'
import { createHealth, createLogger } from '@margay/kit'
import type { AgentOutput, RecordSink } from '@margay/wire'
import type { Shared } from '../apps/agent/src/collectors/collector.ts'
import { createConnections } from '../apps/agent/src/collectors/tcp/connections.ts'
import { tupleKey } from '../apps/agent/src/flow/tuple.ts'
import { tcpState } from '../apps/agent/src/flow/verdict.ts'
import { party, role, tcpRecord, tcpRecordSize, tuple } from '../apps/agent/src/kernel/layout.ts'
import { openNative } from '../apps/agent/src/kernel/native.ts'
import { programs } from '../apps/agent/src/kernel/programs.ts'
import { createShared } from '../apps/agent/src/shared.ts'
import type { Figures } from './main.ts'

/** Pairs of a process and a place, and ports of clients. */
const peers = 200
const ports = 20_000
const refusedError = 111

const sink: RecordSink = { epoch: 0, series: () => 0, add: () => {} }
const output: AgentOutput = {
  lasting: sink,
  live: sink,
  watched: () => false,
  onHandover: () => () => {},
  endInterval() {},
  endDelta() {},
  lost() {},
}

/** Writes the end of a client's connection number `at`. */
function writeEnd(record: Buffer, at: number, isRefused: boolean): void {
  const toTuple = tcpRecord.tuple
  record.writeUInt32LE(1 + at, tcpRecord.party + party.cookie)
  record[tcpRecord.party + party.role] = role.client
  record[tcpRecord.party + party.sure] = 1
  record.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1], toTuple + tuple.local)
  record.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 0, at % peers], toTuple + tuple.remote)
  record.writeUInt16LE(1024 + (at % ports), toTuple + tuple.localPort)
  record.writeUInt16LE(80, toTuple + tuple.remotePort)
  record[toTuple + tuple.proto] = 6
  record[tcpRecord.state] = isRefused ? tcpState.synSent : tcpState.finWait2
  record.writeUInt16LE(isRefused ? refusedError : 0, tcpRecord.error)
}

interface Way {
  readonly isRefused?: boolean
  readonly isMarked?: boolean
  readonly exemplars?: number
}

const ways = {
  plain: {},
  marked: { isMarked: true },
  refused: { isRefused: true, exemplars: 0 },
  refused_kept: { isRefused: true },
} as const satisfies Record<string, Way>

/** Everything that collectors share, without kernel programs; rules have been silent for an hour unless they log. */
function openShared({ isMarked = false, exemplars = 4 }: Way): Shared {
  const opened = openNative()
  if ('problem' in opened) throw new Error(opened.problem)
  const log = createLogger({ level: 'error', form: 'people' }, { write: (line) => void process.stderr.write(line) })
  const config = agentConfig.parse({ exemplars, leaveOut: programs.map(({ name }) => name) })
  const shared = createShared(config, { native: opened.native, output, health: createHealth(), log })
  shared.marks.isQuiet(shared.clock.now())
  const { clock } = shared
  return isMarked ? shared : { ...shared, clock: { ...clock, now: () => clock.now() + 3_600_000 } }
}

/** Returns a round: microseconds of CPU per connection. */
function prepare(way: Way): (count: number) => number {
  const shared = openShared(way)
  const connections = createConnections(shared)
  const record = Buffer.alloc(tcpRecordSize)
  const said = [0, 1, 2].map(
    (rule) => ({ texts: [`nflog|2|APE${rule}|knp/shop/web`], direction: 'egress', denies: false }) as const,
  )
  let at = 0
  return (count) => {
    const before = process.cpuUsage()
    for (let made = 0; made < count; made++) {
      writeEnd(record, ++at, way.isRefused === true)
      if (way.isMarked)
        shared.marks.note(tupleKey(record, tcpRecord.tuple), said[(at % peers) % 3]!, shared.clock.now())
      connections.close(record, 0)
    }
    shared.flows.endInterval(0, 10)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / count
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!

export async function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  const names = Object.keys(ways) as (keyof typeof ways)[]
  const prepared = names.map((name) => ({ name, round: prepare(ways[name]), took: [] as number[] }))
  const count = quick ? 10_000 : 50_000
  const rounds = quick ? 7 : 15
  for (const { round } of prepared) round(count)
  for (let at = 0; at < rounds; at++) {
    const inTurn = at % 2 === 0 ? prepared : prepared.toReversed()
    for (const { round, took } of inTurn) took.push(round(count))
  }
  const plain = median(prepared[0]!.took)
  return Object.fromEntries(
    prepared.flatMap(({ name, took }) => [
      [`connection_${name}_us`, Number(median(took).toFixed(2))],
      [`connection_${name}_ratio`, Number((median(took) / plain).toFixed(2))],
    ]),
  )
}

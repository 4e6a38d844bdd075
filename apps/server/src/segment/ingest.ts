// Everything between a socket and the store, put together: doors, inventory, naming, verdicts, segments, inserts. It runs in a thread
// of its own (ingest-thread.ts) or, in tests and benchmarks, wherever it is made; it asks for an `insert` and gives rows to
// whoever watches, and knows neither the store's engine nor the API.
import { join } from 'node:path'
import type { Health, Logger, Part } from '@margay/kit'
import { atMost, defineErrors, isDiskFull, sleep, supervise } from '@margay/kit'
import type { Row } from '@margay/model'
import { flowLog, logType, logTypes, objectLog, policyActivityLog } from '@margay/model'
import type { Block } from '@margay/store'
import { createBlockBuilder } from '@margay/store'
import type { Hello } from '@margay/wire'
import { kubernetesPostOf } from '../auth/kubernetes-post.ts'
import { createSenders } from '../auth/senders.ts'
import { createTls } from '../auth/tls.ts'
import type { Reporter } from '../intern/agents.ts'
import { createAgents } from '../intern/agents.ts'
import { createAgentsFile } from '../intern/agents-file.ts'
import { createEpochs } from '../intern/epochs.ts'
import { createFinishedRows } from '../intern/finished.ts'
import { createInterner } from '../intern/interner.ts'
import { createInventory } from '../inventory/inventory.ts'
import { createActivity, createJudge } from '../judge/index.ts'
import type { Unseen } from '../kubernetes/index.ts'
import { unseenWords } from '../kubernetes/index.ts'
import type { LiveBatch } from '../live/live.ts'
import type { ObjectVersion } from '../objects/object-row.ts'
import { createAgentReceiver } from '../receivers/agent.ts'
import type { Intake, IntakeBatch } from '../receivers/intake.ts'
import { createOrders } from '../receivers/orders.ts'
import { createAgentFrames } from './agent-frames.ts'
import { createAgentTally } from './agent-tally.ts'
import type { AgentReport } from './agent-tally.ts'
import type { IngestConfig } from './config.ts'
import type { AddressMoment } from './ingest-protocol.ts'
import type { JudgedReport } from './ingest-protocol.ts'
import { createInserter } from './inserter.ts'
import { createMarks } from './marks.ts'
import { createObjects } from './objects.ts'
import { openSegmentDirectory } from './segment-file.ts'
import { NotDurableError, createSegments } from './segments.ts'

export interface IngestDeps {
  readonly dataDir: string
  readonly insert: (block: Block) => Promise<void>
  readonly publish: (batch: LiveBatch) => void
  /** What an earlier server knew of the cluster's objects, in any order. Asked once. */
  readonly knownObjects?: () => Promise<readonly ObjectVersion[]>
  readonly log: Logger
  readonly health: Health
  /** Unix milliseconds. */
  readonly clock: () => number
  readonly onListening: (address: string) => void
}

export interface Ingest extends Part, Intake {
  /** Whether somebody watches; agents send deltas only then. */
  setWatched(watched: boolean): void
  agents(): readonly AgentReport[]
  judged(): JudgedReport
  /** What verdicts rest on and was never read. */
  unseen(): readonly Unseen[]
  /** Who reports what each address does at its moment, in the order asked. */
  reporters(of: readonly AddressMoment[]): readonly Reporter[]
}

const errors = defineErrors({
  not_durable: {
    status: 507,
    hint: 'make room on the disk of the data directory, then send again; nothing of this batch was kept',
  },
  not_written: {
    status: 503,
    hint: "the server's log and the volume of the data directory may say why; nothing of this batch was kept, send it again",
  },
  store_behind: { status: 503, hint: 'the store takes rows more slowly than they come; send again in a moment' },
  batch_gap: { status: 409, hint: 'a batch before this one was not kept; send the request again from its beginning' },
})

const wholeRows = ({ rows, shared }: IntakeBatch) =>
  shared ? rows.map((row, at) => ({ ...shared[at], ...row })) : rows

const notKept = (error: unknown) => (isDiskFull(error) ? errors.not_durable : errors.not_written)

/** A door's rows are findable when it answers, unless the store is away: then they are durable, and the answer does not wait. */
const findableWaitMs = 5_000

/** As long as rows are kept by default: who had an address then can be told. */
const inventoryKeepSeconds = 30 * 86_400
const keepInventoryEveryMs = 3_600_000
/** Objects of segments that a crash left are in the store by then, unless the store is away. */
const replayWaitMs = 30_000

/** Opens the directory of segments and queues what a crash left there; doors open with `run`. */
export function openIngest(config: IngestConfig, deps: IngestDeps): Ingest {
  const { log, health, clock } = deps
  const now = () => Math.floor(clock() / 1000)
  const startedAt = clock().toString(36)
  const orders = createOrders()
  const inventory = createInventory({ onHandover: () => orders.setHandover(clock()) })
  const agents = createAgents(inventory)
  const agentsFile = createAgentsFile(join(deps.dataDir, 'agents.json'), { agents, log })
  const epochs = createEpochs()
  // Until the sources are there nobody is let in.
  let unseen: () => readonly string[] = () => []
  const judge = createJudge(config, { blind: () => unseen() })
  const interner = createInterner(config, { inventory, agents, now, judge })
  const finished = createFinishedRows(config)
  const tally = createAgentTally(now)
  const marks = createMarks()
  const directory = openSegmentDirectory(join(deps.dataDir, 'segments'))
  const segmentStage = health.stage('segments')
  const inserter = createInserter({
    directory,
    marks,
    insert: deps.insert,
    log,
    stage: health.stage('inserts', waiting),
  })
  let inserted: Promise<void> = Promise.resolve()

  function waiting() {
    return { queue: { length: directory.bytes(), limit: config.maxWaitingBytes, unit: 'bytes' as const } }
  }
  const segments = createSegments(
    { maxAgeMs: config.segmentMs, maxRows: config.segmentRows, maxWaitingBytes: config.maxWaitingBytes },
    {
      directory,
      marks,
      clock,
      builderOf: (name) => createBlockBuilder(logType(name)!),
      logTypes: logTypes.map(({ name }) => name),
      onSealing: () => agentsFile.save(now()),
      onSealed({ path, segment }) {
        segmentStage.set({ state: 'ok' })
        inserted = inserter.add(path, segment)
        interner.trim()
        finished.trim()
      },
      onFailed(error) {
        log.error('a segment could not be written; its senders keep its rows', { error })
        segmentStage.set({
          state: 'failed',
          detail: `writing a segment failed: ${error.message}`,
          hint: notKept(error)('').hint,
        })
      },
    },
  )
  marks.restore(directory.marks())
  agentsFile.restore(now())
  const replayed = Promise.all(directory.list().map((path) => inserter.add(path)))

  const frames = createAgentFrames({
    segments,
    interner,
    epochs,
    agents,
    inventory,
    areNamesUnsure: () => objects.areUnsure(),
    watched: () => orders.watched,
    publish: deps.publish,
    tally,
    log,
    stage: health.stage('agent-frames'),
    clock,
  })
  const listen = config.listen ?? `unix:${join(deps.dataDir, 'agent.sock')}`
  const isSocket = listen.startsWith('unix:')
  const receiver = createAgentReceiver(
    {
      listen,
      tls: isSocket || !config.tls ? undefined : createTls(config.tls, log),
      server: config.cluster,
    },
    {
      senders: createSenders(config, {
        post: () => kubernetesPostOf(config.kubernetes, process.env, clock),
        nodeOfPod: (uid) => inventory.podAt(uid, now())?.node,
        clock,
      }),
      frames,
      agents,
      orders,
      onHello(hello: Hello, others: number) {
        tally.hello(hello)
        if (others > 0) tally.lost(hello.agent, 'addresses of other nodes', others)
      },
      onListening: deps.onListening,
      log,
      clock,
    },
  )
  const keep = (batch: IntakeBatch): Promise<void> => {
    if (segments.isFull) throw errors.store_behind('rows wait for the store')
    finished.encode(batch.logType, batch.rows, segments.builder(batch.logType), batch.shared)
    return segments.commit({ ...batch.source, source: batch.source.id })
  }
  /** Rows that are made here and not taken from anybody. */
  const keepOwn = (name: string, rows: readonly Row[], sequence: number) =>
    keep({ logType: name, rows, source: { id: name, epoch: startedAt, sequence } })
  const activity = createActivity({
    judge,
    cluster: config.cluster,
    append: (rows, sequence) => keepOwn(policyActivityLog.name, rows, sequence),
    log,
    health,
    clock,
  })
  const store = async (batch: IntakeBatch): Promise<void> => {
    await keep(batch)
    if (batch.isInventory) objects.told(batch.rows)
    if (batch.logType === flowLog.name) activity.addRecords(batch.rows, batch.shared)
    if (orders.watched) deps.publish({ logType: batch.logType, provisional: false, rows: wholeRows(batch) })
    await atMost(findableWaitMs, inserted)
  }
  const append = async (batch: IntakeBatch): Promise<{ readonly duplicate: boolean }> => {
    const standing = segments.standing({ ...batch.source, source: batch.source.id })
    if (standing === 'gap') throw errors.batch_gap(`batch ${batch.source.sequence} comes before its forerunner is kept`)
    if (standing === 'open') await segments.settled()
    if (standing === 'new') await store(batch)
    return { duplicate: standing !== 'new' }
  }
  const inventoryKeeper: Part = {
    name: 'inventory-keeper',
    async run(signal) {
      while (!signal.aborted) {
        inventory.forgetBefore(now() - inventoryKeepSeconds)
        await sleep(keepInventoryEveryMs, signal)
      }
    },
  }
  const objects = createObjects(config, {
    sinks: [inventory, judge],
    keep: (rows, source) => keep({ logType: objectLog.name, rows, source }),
    publish: deps.publish,
    known: async () => {
      await atMost(replayWaitMs, replayed)
      return (await deps.knownObjects?.()) ?? []
    },
    log,
    health,
    clock,
  })
  unseen = () => objects.unseen().map(unseenWords)
  const parts: Part[] = [
    objects.before(receiver),
    inventoryKeeper,
    activity,
    { name: 'inserter', run: (signal) => inserter.run(signal) },
    ...objects.parts,
  ]

  return {
    name: 'ingest',
    async append(batch) {
      try {
        return await append(batch)
      } catch (error) {
        if (!(error instanceof NotDurableError)) throw error
        const cause = (error.cause as Error | undefined)?.message ?? 'the disk does not take it'
        throw notKept(error)(`writing rows failed: ${cause}`, { cause: error })
      }
    },
    setWatched: (watched) => orders.setWatched(watched),
    agents: () => tally.report(agents.list()),
    unseen: () => objects.unseen(),
    judged() {
      const { judged, unknown, conflicts } = judge.state
      return { judged, unknown, conflicts }
    },
    reporters: (of) => of.map(({ ip, moment }) => agents.reporterOf(ip, moment, now())),
    async run(signal) {
      segmentStage.set({ state: 'ok' })
      try {
        await supervise(parts, { log, health }, signal)
      } finally {
        const counted = activity.flush()
        segments.seal()
        await counted
      }
    },
  }
}

// What the judge costs a row, through the real interner: the same frames named with and without it, on a cluster of 10,000
// pods and 1,000 policies. Three of four series are between pods of one namespace and go well, the others got no answer, which
// most of them owe to a policy. New rows are each the first of their series; known ones come again, some of them from addresses
// outside that no row had before. Frames are made before the clock starts.
import { logType } from '@margay/model'
import type { BlockBuilder } from '@margay/store'
import { createBlockBuilder } from '@margay/store'
import type { Frame } from '@margay/wire'
import { createFrameBuilder, decodeFrame } from '@margay/wire'
import { createAgents } from '../apps/server/src/intern/agents.ts'
import type { Epoch, Epochs } from '../apps/server/src/intern/epochs.ts'
import { createEpochs } from '../apps/server/src/intern/epochs.ts'
import type { Interner } from '../apps/server/src/intern/interner.ts'
import { createInterner } from '../apps/server/src/intern/interner.ts'
import { createInventory } from '../apps/server/src/inventory/inventory.ts'
import type { Judge } from '../apps/server/src/judge/index.ts'
import { createJudge } from '../apps/server/src/judge/index.ts'
import { readClusterObject } from '../apps/server/src/objects/read-object.ts'
import type { Figures } from './main.ts'
import { createChance, makeDocuments, podIp } from './policy-cluster.ts'

const start = 1_793_000_000
const rowsPerFrame = 2_500
const podsPerNode = 100
/** Of a hundred known rows so many have a peer outside that no row had before. */
const outsidePercent = 20

interface Sizes {
  readonly pods: number
  readonly policies: number
  readonly series: number
  readonly knownRows: number
}

interface Definition {
  readonly own: number
  readonly peer: number
  readonly isSource: boolean
}

/** One agent's frames: the first define its series and have one row of each, the others have rows of them all. */
function makeFrames(node: number, sizes: Sizes, chance: (below: number) => number) {
  const nodes = sizes.pods / podsPerNode
  const [series, rows] = [sizes.series / nodes, sizes.knownRows / nodes]
  const builder = createFrameBuilder(logType('flows')!)
  const ports = [8080, 9000, 9050, 5432, 53]
  const definitions: Definition[] = []
  let sequence = 0
  const take = (at: number): Frame =>
    decodeFrame(
      builder.take(
        {
          agent: `node-${node}`,
          epoch: node.toString(16).padStart(16, '0'),
          sequence: sequence++,
          provisional: false,
          madeAt: at,
        },
        [],
      ),
    )
  const add = (number: number, at: number, isNew: boolean) => {
    const { own, peer, isSource } = definitions[number]!
    const isOutside = !isNew && chance(100) < outsidePercent
    const far = isOutside ? `192.0.${chance(4)}.${1 + chance(250)}` : podIp(peer)
    builder.add(number, {
      start_time: at - 10,
      end_time: at,
      source_ip: isSource ? podIp(own) : far,
      dest_ip: isSource ? far : podIp(own),
      num_flows: 3,
      num_flows_started: isNew ? 3 : 1,
      num_flows_completed: 1,
      packets_in: 10,
      packets_out: 12,
      bytes_in: 1_000,
      bytes_out: 5_000,
    })
  }
  const fresh: Frame[] = []
  for (let number = 0; number < series; number++) {
    const own = node * podsPerNode + chance(podsPerNode)
    // As many pods as a namespace has are on a node, and policies admit what is of the same namespace.
    const isNear = chance(4) > 0
    const peer = isNear ? node * podsPerNode + chance(podsPerNode) : chance(sizes.pods)
    const definition = { own, peer, isSource: !isNear || chance(2) === 0 }
    definitions.push(definition)
    builder.define(number, {
      reporter: definition.isSource ? 'src' : 'dst',
      proto: chance(8) === 0 ? 'udp' : 'tcp',
      action: 'allow',
      outcome: isNear ? 'established' : 'unanswered',
      dest_port: ports[chance(ports.length)]!,
      process_name: `proc-${number}`,
      pod_uid: `uid-${own}`,
    })
    add(number, start, true)
    if ((number + 1) % rowsPerFrame === 0) fresh.push(take(start))
  }
  if (series % rowsPerFrame > 0) fresh.push(take(start))
  const known: Frame[] = []
  for (let row = 0; row < rows; row++) {
    const at = start + 10 + 10 * Math.floor(row / rowsPerFrame)
    add(chance(series), at, false)
    if ((row + 1) % rowsPerFrame === 0) known.push(take(at))
  }
  if (rows % rowsPerFrame > 0) known.push(take(start + 10))
  return { fresh, known }
}

/** Processor seconds, garbage collection on other threads included. */
function timed(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

interface Run {
  readonly interner: Interner
  readonly epochs: Epochs
  readonly builder: BlockBuilder
  readonly judge: Judge
}

function setUp(documents: readonly unknown[], isJudging: boolean, maxSeries: number): Run {
  const inventory = createInventory()
  const judge = createJudge({ maxSeries })
  for (const document of documents) {
    const read = readClusterObject(document)
    if (read.kind !== 'object') throw new Error('BUG: the cluster of the bench has an object that cannot be read')
    inventory.put(read.object, 0)
    if (isJudging) judge.put(read.object, 0)
  }
  const agents = createAgents(inventory)
  const deps = { inventory, agents, now: () => start + 1_000, ...(isJudging && { judge }) }
  return {
    interner: createInterner({ cluster: 'bench', maxSeries }, deps),
    epochs: createEpochs(),
    builder: createBlockBuilder(logType('flows')!),
    judge,
  }
}

function take({ interner, epochs, builder }: Run, frames: readonly Frame[]): void {
  for (const frame of frames) {
    const epoch: Epoch | undefined = epochs.define(frame)
    if (!epoch) throw new Error('BUG: frames of the bench are out of order')
    interner.encode(frame, epoch, builder)
    builder.take()
  }
}

export function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  const scale = quick ? 0.2 : 1
  const sizes: Sizes = {
    pods: 10_000 * scale,
    policies: 1_000 * scale,
    series: 100_000 * scale,
    knownRows: 1_000_000 * scale,
  }
  const documents = makeDocuments(sizes)
  const chance = createChance(13)
  const frames = Array.from({ length: sizes.pods / podsPerNode }, (_, node) => makeFrames(node, sizes, chance))
  const [fresh, known] = [frames.flatMap((one) => one.fresh), frames.flatMap((one) => one.known)]
  const seconds = (isJudging: boolean) => {
    const one = setUp(documents, isJudging, sizes.series * 4)
    const newSeconds = timed(() => take(one, fresh))
    // Once for the classes of addresses outside, which are new too.
    take(one, known)
    return { newSeconds, knownSeconds: timed(() => take(one, known)), one }
  }
  // Warms the code that both take.
  seconds(true)
  const without = seconds(false)
  const { one, ...withJudge } = seconds(true)
  const edit = documents.find((document) => (document as { kind: string }).kind === 'NetworkPolicy') as {
    metadata: object
    spec: object
  }
  const read = readClusterObject({ ...edit, spec: { ...edit.spec, ingress: [{}] } })
  if (read.kind === 'object') one.judge.put(read.object, start + 5)
  const afterEdit = timed(() => take(one, known))
  const perSecond = (rows: number, taken: number) => Math.round(rows / Math.max(taken, 1e-6))
  return Promise.resolve({
    judge_pods: sizes.pods,
    judge_policies: sizes.policies,
    judge_series: sizes.series,
    judged_new_rows_per_core_second: perSecond(sizes.series, withJudge.newSeconds - without.newSeconds),
    judged_known_rows_per_core_second: perSecond(sizes.knownRows, withJudge.knownSeconds - without.knownSeconds),
    judged_after_an_edit_rows_per_core_second: perSecond(sizes.knownRows, afterEdit - without.knownSeconds),
    named_new_rows_per_core_second: perSecond(sizes.series, withJudge.newSeconds),
    named_known_rows_per_core_second: perSecond(sizes.knownRows, withJudge.knownSeconds),
    judge_standings: one.judge.state.standings,
  })
}

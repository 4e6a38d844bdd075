// What answers about objects cost the thread that answers people: how long they take, and the longest turn in which nobody else
// is answered. A real embedded store holds a day of a cluster of 5,000 pods and 1,000 policies, an hour of changes of it and
// 50,000 distinct flows.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createLogger } from '@margay/kit'
import type { LogType, Row } from '@margay/model'
import { flowLog, objectLog } from '@margay/model'
import type { Store } from '@margay/store'
import { createBlockBuilder, createEmbeddedStore } from '@margay/store'
import { routes } from '@margay/wire'
import { changes } from '../apps/server/src/api/changes.ts'
import { createClusterStates } from '../apps/server/src/api/cluster/state.ts'
import type { HandlerDeps } from '../apps/server/src/api/context.ts'
import { policySimulate } from '../apps/server/src/api/policy-simulate.ts'
import { createObjectHistory } from '../apps/server/src/objects/history.ts'
import type { ObjectChangeKind } from '../apps/server/src/objects/object.ts'
import { rowOfVersion } from '../apps/server/src/objects/object-row.ts'
import { readClusterObject } from '../apps/server/src/objects/read-object.ts'
import type { Figures } from './main.ts'
import { createChance, makeDocuments, podIp } from './policy-cluster.ts'

const sizes = {
  quick: { pods: 1_000, policies: 200, flows: 5_000, changed: 100 },
  full: { pods: 5_000, policies: 1_000, flows: 50_000, changed: 500 },
}
type Size = (typeof sizes)['full']

const now = 1_793_016_000
const secondsPerHour = 3_600

async function insert(store: Store, type: LogType, rows: Iterable<Row>): Promise<void> {
  const builder = createBlockBuilder(type)
  for (const row of rows) {
    const handle = builder.series(row)
    builder.add(handle, row)
    builder.forget(handle)
  }
  for (const { day, rows: count, parts } of builder.take()) {
    await store.insert({ logType: type.name, token: `bench-${type.name}-${day}`, rows: count, parts })
  }
}

/** Every object as found a day ago and repeated since, and some that changed in the last hour. */
function* objectRows({ pods, policies, changed }: Size): Generator<Row> {
  let sequence = 0
  const objects = makeDocuments({ pods, policies }).flatMap((document) => {
    const found = readClusterObject(document)
    return found.kind === 'object' ? [found.object] : []
  })
  const row = (object: (typeof objects)[number], change: ObjectChangeKind, time: number) =>
    rowOfVersion({ object, origin: 'kubernetes', change, time, sequence: ++sequence }, 'bench')
  for (const time of [now - 23 * secondsPerHour, now - 2 * secondsPerHour]) {
    for (const object of objects) yield row(object, 'present', time)
  }
  const step = Math.floor(objects.length / changed)
  for (let index = 0; index < changed; index++) {
    const object = objects[index * step]!
    const document = { ...object.document, spec: { ...(object.document['spec'] as object), bench: index } }
    yield row({ ...object, document }, 'modified', now - secondsPerHour + index)
  }
}

function* flowRows({ pods, flows }: Size): Generator<Row> {
  const chance = createChance(3)
  const end = (side: 'source' | 'dest', pod: number): Row => ({
    [`${side}_type`]: 'wep',
    [`${side}_namespace`]: `ns-${Math.floor(pod / 100)}`,
    // Half of the records are aggregated: they have the beginning of the pod's name alone.
    ...(pod % 2 === 0 ? { [`${side}_name`]: `pod-${pod}` } : {}),
    [`${side}_name_aggr`]: `pod-${Math.floor(pod / 10)}*`,
    [`${side}_ip`]: podIp(pod),
  })
  for (let index = 0; index < flows; index++) {
    yield {
      start_time: now - 600,
      end_time: now - 590,
      cluster: 'bench',
      host: 'n1',
      reporter: 'src',
      action: 'allow',
      counts: true,
      proto: 'tcp',
      ...end('source', index % pods),
      ...end('dest', chance(pods)),
      dest_port: 1_000 + (index % 50_000),
      num_flows: 1,
      num_flows_started: 1,
      bytes_in: 100,
    }
  }
}

/** How long work takes, and the longest turn of it. */
async function watch(work: () => Promise<unknown>): Promise<{ readonly ms: number; readonly longestMs: number }> {
  let isDone = false
  let longestMs = 0
  const started = performance.now()
  const done = work().finally(() => void (isDone = true))
  for (let before = performance.now(); !isDone;) {
    await nextTurn()
    const after = performance.now()
    longestMs = Math.max(longestMs, after - before)
    before = after
  }
  await done
  return { ms: Math.round(performance.now() - started), longestMs: Math.round(longestMs) }
}

const isolating = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'ns-0', name: 'close' },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
}

async function measure(store: Store): Promise<Figures> {
  const log = createLogger({ level: 'error', form: 'json' }, { write: () => {} })
  const objects = createObjectHistory({ store, log, now: () => now })
  await objects.load()
  const given = { store, cluster: 'bench', objects, states: createClusterStates(objects), now: () => now }
  // Everything that these handlers use.
  const deps = given as unknown as HandlerDeps
  const asked = { params: {}, signal: new AbortController().signal }
  const hour = routes.changes.search.parse({ from: now - secondsPerHour, to: now })
  const wholeDay = routes.changes.search.parse({ from: now - 24 * secondsPerHour, to: now })
  const body = routes.policySimulate.body.parse({ documents: [isolating] })
  const changesOf = (search: typeof hour) => watch(async () => changes({ ...asked, body: undefined, search }, deps))
  const simulation = () => watch(async () => policySimulate({ ...asked, search: undefined, body }, deps))
  const figures = {
    changes_hour: await changesOf(hour),
    changes_day: await changesOf(wholeDay),
    simulate_first: await simulation(),
    simulate_again: await simulation(),
  }
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, { ms, longestMs }]) => [
      [`answers_${name}_ms`, ms],
      [`answers_${name}_longest_turn_ms`, longestMs],
    ]),
  )
}

export async function run({ quick }: { readonly quick: boolean }): Promise<Figures> {
  const size = sizes[quick ? 'quick' : 'full']
  const dir = mkdtempSync(join(tmpdir(), 'margay-bench-answers-'))
  const store = createEmbeddedStore({ dir })
  try {
    await store.open()
    await insert(store, objectLog, objectRows(size))
    await insert(store, flowLog, flowRows(size))
    return await measure(store)
  } finally {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

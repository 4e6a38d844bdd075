// The cluster's objects in the ingest thread, put together: what an earlier server knew is taken up first, then the sources
// speak, and then agents are let in, so that no row is named before the names are there.
import type { Health, Logger, Part } from '@margay/kit'
import { aborted, atMost, sleep } from '@margay/kit'
import type { ObjectRow } from '@margay/model'
import { objectLog } from '@margay/model'
import { createYamlSource } from '../inventory/yaml-source.ts'
import type { KubernetesSource, Unseen } from '../kubernetes/index.ts'
import { createKubernetesSource, openAccess } from '../kubernetes/index.ts'
import type { LiveBatch } from '../live/live.ts'
import type { ObjectOrigin, ObjectSink } from '../objects/object.ts'
import type { ObjectVersion } from '../objects/object-row.ts'
import { versionOfRow } from '../objects/object-row.ts'
import type { ObjectSource } from '../objects/recorder.ts'
import { createRecorder } from '../objects/recorder.ts'
import { createObjectWriter } from '../objects/writer.ts'
import type { IntakeBatch } from '../receivers/intake.ts'
import type { IngestConfig } from './config.ts'

export interface ObjectsDeps {
  /** Told of every version, in this order. */
  readonly sinks: readonly ObjectSink[]
  readonly keep: (rows: readonly ObjectRow[], source: IntakeBatch['source']) => Promise<void>
  readonly publish: (batch: LiveBatch) => void
  readonly known: () => Promise<readonly ObjectVersion[]>
  readonly log: Logger
  readonly health: Health
  /** Unix milliseconds. */
  readonly clock: () => number
}

export interface Objects {
  readonly parts: readonly Part[]
  /** The part, run only once names are there as far as they can be. */
  before(part: Part): Part
  /** Takes versions that come as rows of the log, and not from a source. */
  told(rows: readonly ObjectRow[]): void
  /**
   * Whether names may be out of date for a moment, since the API server is away or back only just: rows that wait for a little
   * are named right. Never longer than an outage's first minute, for people want to see what happens while it lasts.
   */
  areUnsure(): boolean
  /** What verdicts rest on and was never read. */
  unseen(): readonly Unseen[]
}

/** Longer than a large cluster takes to be listed. A source that is away must not keep agents out for ever. */
const firstLookMs = 15_000
/** An API server that is started again is back by then. */
const holdMs = 60_000
const repeatEveryMs = 86_400_000

const bySequence = (a: ObjectVersion, b: ObjectVersion) => a.sequence - b.sequence

export function createObjects(config: IngestConfig, deps: ObjectsDeps): Objects {
  const { log, health, clock } = deps
  const startedAt = clock().toString(36)
  const writer = createObjectWriter({
    append: (rows, sequence) => deps.keep(rows, { id: objectLog.name, epoch: startedAt, sequence }),
    log,
    stage: health.stage('object-log'),
  })
  const recorder = createRecorder({
    cluster: config.cluster,
    sinks: deps.sinks,
    clock,
    write(rows) {
      writer.write(rows)
      deps.publish({ logType: objectLog.name, provisional: false, rows })
    },
  })
  health.stage('objects', () => recorder.state())
  const known = Promise.withResolvers<void>()
  const looks: Promise<void>[] = []

  /** A source whose first look others wait for. */
  const sourceOf = (origin: ObjectOrigin): ObjectSource => {
    const source = recorder.source(origin)
    const { promise, resolve } = Promise.withResolvers<void>()
    looks.push(promise)
    return {
      ...source,
      settle() {
        source.settle()
        resolve()
      },
    }
  }
  const after = (ready: () => Promise<unknown>, part: Part): Part => ({
    name: part.name,
    async run(signal) {
      await Promise.race([ready(), aborted(signal)])
      if (!signal.aborted) await part.run(signal)
    },
  })
  const sources: Part[] = []
  let kubernetes: KubernetesSource | undefined
  const origins: ObjectOrigin[] = []
  if (config.inventory !== undefined) {
    origins.push('files')
    sources.push(createYamlSource({ path: config.inventory }, { objects: sourceOf('files'), log, health }))
  }
  const access = openAccess(config.kubernetes, process.env, clock)
  if (access) {
    origins.push('kubernetes')
    const source = sourceOf('kubernetes')
    kubernetes = createKubernetesSource(config.kubernetes, { access, objects: source, log, health, clock })
    sources.push(kubernetes)
  }

  const takeUp = async () => {
    try {
      recorder.restore([...(await deps.known())].sort(bySequence))
    } catch (error) {
      log.error('the object log cannot be read; names of the past are missing', { error: error as Error })
    }
    recorder.restored(origins)
    known.resolve()
  }
  const keeper: Part = {
    name: 'objects',
    async run(signal) {
      await takeUp()
      while (!signal.aborted) {
        await sleep(repeatEveryMs, signal)
        if (!signal.aborted) recorder.repeat()
      }
    },
  }
  const looked = () => known.promise.then(() => atMost(firstLookMs, Promise.all(looks)))
  return {
    parts: [keeper, writer, ...sources.map((part) => after(() => known.promise, part))],
    before: (part) => after(looked, part),
    told: (rows) => recorder.told(rows.flatMap((row) => versionOfRow(row) ?? [])),
    unseen: () => kubernetes?.unseen() ?? [],
    areUnsure() {
      const since = kubernetes?.unsureSince()
      return since !== undefined && clock() - since < holdMs
    },
  }
}

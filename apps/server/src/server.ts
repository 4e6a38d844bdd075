// The server, put together by hand from top to bottom: one directory, one store, the ingest thread, the API, the jobs.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger, Part } from '@margay/kit'
import { createHealth, createMetrics, lockDirectory, supervise } from '@margay/kit'
import { logTypes } from '@margay/model'
import type { Retention } from '@margay/store'
import { createEmbeddedStore } from '@margay/store'
import { clusterName } from '@margay/traffic'
import { createApi } from './api/api.ts'
import { checkListen, parseListen } from './api/listen.ts'
import { kubernetesPostOf } from './auth/kubernetes-post.ts'
import { createLogin } from './auth/login.ts'
import { readSessionKey } from './auth/session.ts'
import { createTls, tlsFiles } from './auth/tls.ts'
import type { ServerConfig } from './config.ts'
import { createDemo } from './demo.ts'
import { agentSource } from './health/agents.ts'
import { createHealthReport } from './health/health.ts'
import { countedIntake, createSources } from './health/sources.ts'
import { stageMetrics } from './health/stage-metrics.ts'
import { createRetention } from './jobs/retention.ts'
import { openRoom } from './jobs/room.ts'
import { createLive } from './live/live.ts'
import type { IntakeBatch } from './receivers/intake.ts'
import { createObjectHistory } from './objects/history.ts'
import { versionsUntil } from './objects/object-log.ts'
import { createIngestLink } from './segment/ingest-link.ts'
import type { AddressMoment } from './segment/ingest-protocol.ts'

export interface ServerDeps {
  readonly dataDir: string
  readonly version: string
  readonly log: Logger
  /** Told the address for a browser once it answers there. */
  readonly onListening: (address: string) => void
}

/** Rows that one subscription may hold between two looks of its reader, a tenth of a second. */
const maxPendingRows = 5_000
/** Where the build of the source tree puts the console. */
const builtConsole = join(import.meta.dirname, '../../web/dist')
const secondsPerDay = 86_400

function retentionRules({ retention }: ServerConfig): ReadonlyMap<string, Retention> {
  const { flows, dns, objects, policyActivity } = retention
  const rule = ({ days, maxBytes }: typeof flows): Retention => ({ days, ...(maxBytes !== undefined && { maxBytes }) })
  return new Map([
    ['flows', rule(flows)],
    ['dns', rule(dns)],
    ['objects', rule(objects)],
    ['policy_activity', rule(policyActivity)],
  ])
}

/**
 * Runs until `signal` aborts. Rejects with a FatalError where it cannot start: the directory or the port is taken, the
 * address is not loopback.
 */
export async function runServer(config: ServerConfig, deps: ServerDeps, signal: AbortSignal): Promise<void> {
  const { dataDir, version, log } = deps
  const address = parseListen(config.listen)
  const files = tlsFiles(config.tls)
  const tls = files && createTls(files, log)
  const login = createLogin(config.auth, {
    cluster: config.ingest.cluster,
    post: () => kubernetesPostOf(config.kubernetes, process.env, Date.now),
    log,
    clock: Date.now,
  })
  checkListen(address, { tls: tls !== undefined, login: login !== undefined })
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const room = openRoom(dataDir)
  const lock = lockDirectory(dataDir, 'server')

  const now = () => Math.floor(Date.now() / 1000)
  const startedAt = now()
  const health = createHealth()
  const metrics = createMetrics()
  const sources = createSources()
  const live = createLive({ maxPending: maxPendingRows }, now)
  const store = createEmbeddedStore({ dir: join(dataDir, 'store') })
  const objects = createObjectHistory({ store, log, now })
  const ingest = createIngestLink(
    { config: { ...config.ingest, inventory: config.inventory, kubernetes: config.kubernetes, tls: files }, dataDir },
    {
      store,
      live: {
        watched: () => live.watched(),
        publish(batch) {
          objects.take(batch.logType, batch.rows)
          live.publish(batch)
        },
      },
      objects: () => versionsUntil(store, now()),
      onListening: (socket) => log.info('agents are taken', { at: socket }),
    },
  )
  const stages = () => ({ ...health.report(), ...ingest.report()?.stages })
  const report = createHealthReport(
    { version, demo: config.demo, startedAt },
    {
      stages,
      store,
      counted: (at) => sources.list(at),
      agents: (at) => (ingest.report()?.agents ?? []).map((agent) => agentSource(agent, at)),
      now,
    },
  )
  const faults = metrics.counter('api_faults_total', 'Requests that failed by a fault of ours.')
  metrics.gaugeOf('live_subscriptions', 'Filters that somebody watches.', () => live.state().subscriptions)
  metrics.gaugeOf('live_dropped_rows', 'Live rows left out because a reader was too slow.', () => live.state().dropped)
  const judged = () => ingest.report()?.judged
  metrics.gaugeOf(
    'judge_records',
    'Records that were judged by the policies of their moment.',
    () => judged()?.judged ?? 0,
  )
  metrics.gaugeOf('judge_unknown_records', 'Of these, without a verdict.', () => judged()?.unknown ?? 0)
  metrics.gaugeOf(
    'judge_conflicts',
    'Of these, records where what was observed and the policies cannot both be true.',
    () => judged()?.conflicts ?? 0,
  )
  metrics.gaugeOf('ingest_rows', 'Finished and demo rows stored since the start.', () =>
    sources.list(now()).reduce((sum, { rowsTotal }) => sum + rowsTotal, 0),
  )

  const openDemo = () => {
    const intake = countedIntake(ingest, 'demo', { sources, now })
    // The history follows the ingest thread's own objects; these come from here.
    const keepObjects = async (batch: IntakeBatch) => {
      await ingest.append(batch)
      objects.take(batch.logType, batch.rows)
    }
    return createDemo({ dir: dataDir, seed: config.demoSeed }, { intake, log, health, now, keepObjects })
  }
  const demo = config.demo ? openDemo() : undefined
  /** Of addresses that no agent reports for, the demo knows whose its invented ones are. */
  const reporters = async (of: readonly AddressMoment[]) => {
    const known = await ingest.reporters(of)
    if (!demo) return known
    return known.map((reporter, at) => (reporter.state === 'none' ? demo.reporterOf(of[at]!) : reporter))
  }
  const api = createApi(
    {
      listen: address,
      version,
      allowedHosts: config.allowHost,
      consoleDir: config.console ?? builtConsole,
      tls,
      login: login && { ...login, sessionKey: readSessionKey(dataDir) },
      ingest: {
        ...config.import,
        maxAge: config.import.maxAgeDays * secondsPerDay,
        keep: {
          flows: config.retention.flows.days * secondsPerDay,
          dns: config.retention.dns.days * secondsPerDay,
          objects: config.retention.objects.days * secondsPerDay,
          policy_activity: config.retention.policyActivity.days * secondsPerDay,
        },
      },
    },
    {
      store,
      cluster: config.demo ? clusterName : config.ingest.cluster,
      live,
      intake: countedIntake(ingest, 'import', { sources, now }),
      objects,
      ends: { reporters },
      unseen: () => ingest.report()?.unseen ?? [],
      health: report,
      isReady: () => ingest.report() !== undefined,
      isStuck: () => ingest.isSilent(),
      metrics: () => metrics.text() + stageMetrics(stages()),
      now,
      onFault(error, { id, route }) {
        faults.add()
        log.error('a request failed', { request: id, route, error: error as Error })
      },
    },
    deps.onListening,
  )
  const retention = createRetention(
    { rules: retentionRules(config), keepFreeBytes: config.retention.keepFreeBytes },
    { store, log, health, now, room },
  )
  const parts: Part[] = [api, ingest, retention]
  if (demo) parts.push(demo)

  try {
    await store.open()
    log.info('store is open', { log_types: logTypes.length })
    await retention.begin().catch((error: unknown) => log.error('making room failed', { error: error as Error }))
    void objects.load(signal)
    await supervise(parts, { log, health }, signal)
  } finally {
    await store.close()
    lock.release()
  }
}

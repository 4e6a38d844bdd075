// What collectors saw on its way to the server: rows that last go through the spool, deltas while somebody watches go
// straight. Implements AgentOutput; collectors know nothing else of shipping.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Health, Logger, Part } from '@margay/kit'
import { createBackoff, createBell, lockDirectory, replaceFile, sleep, systemClock } from '@margay/kit'
import type { AgentOutput, Collector, FramesAnswer } from '@margay/wire'
import type { AgentSpool } from './agent-spool.ts'
import { openAgentSpool } from './agent-spool.ts'
import type { ShipConfig } from './config.ts'
import type { LiveSender } from './live-sender.ts'
import { createLiveSender } from './live-sender.ts'
import { createLosses } from './losses.ts'
import { createServerLink } from './server-link.ts'
import { sendSpool } from './spool-sender.ts'

export interface ShipDeps {
  readonly log: Logger
  readonly health: Health
  readonly clock?: Clock
  /** Name of this agent: the node's. */
  readonly agent: string
  readonly host: string
  readonly version: string
  /** Directory of the agent's data; the spool is in it, and it is locked for this process. */
  readonly dataDir: string
  /** The host's own addresses, asked for at each hello. */
  readonly addresses: () => readonly string[]
  /** What the collectors say of themselves, asked for at each hello. */
  readonly collectors?: () => readonly Collector[]
}

export interface Ship extends Part {
  /** Opens the spool and gives collectors their output. Throws where another agent has the directory. */
  open(): AgentOutput
}

/** Who this spool directory is, kept for as long as the directory. */
function instanceOf(dataDir: string): string {
  const path = join(dataDir, 'instance')
  if (!existsSync(path)) replaceFile(path, [Buffer.from(randomBytes(16).toString('hex'))])
  return readFileSync(path, 'utf8').trim()
}

/** How often it is looked whether collectors say something else: the server holds a hello for longer. */
const collectorsEveryMs = 1_000

interface Opened {
  readonly spool: AgentSpool
  readonly live: LiveSender
  readonly output: AgentOutput
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly close: () => void
}

export function createShip(config: ShipConfig, deps: ShipDeps): Ship {
  let opened: Opened | undefined
  const open = () => (opened ??= openShip(config, deps))
  return {
    name: 'ship',
    open: () => open().output,
    async run(signal) {
      const ship = open()
      try {
        await ship.run(signal)
      } finally {
        ship.close()
        opened = undefined
      }
    },
  }
}

function openShip(config: ShipConfig, deps: ShipDeps): Opened {
  const clock = deps.clock ?? systemClock
  const lock = lockDirectory(deps.dataDir, 'agent')
  const instance = instanceOf(deps.dataDir)
  const since = Math.floor(clock() / 1000)
  let watched = false
  let handover = 0
  const onHandover = new Set<() => void>()
  const more = createBell()
  let allSent = false

  const stage = deps.health.stage('ship', () => ({
    // What is acknowledged lies in the file in hand until the file ends; it waits for nothing.
    queue: { length: allSent ? 0 : spool.spool.bytes, limit: config.maxSpoolBytes, unit: 'bytes' },
  }))
  const losses = createLosses((what, count) => stage.lose(what, count))
  const onAnswer = (answer: FramesAnswer) => void (watched = answer.watched)
  const makeLink = () => createServerLink({ ...config, agent: deps.agent, instance })
  const link = makeLink()
  const spool = openAgentSpool(join(deps.dataDir, 'spool'), config, {
    agent: deps.agent,
    losses,
    clock,
    onFrames: () => {
      allSent = false
      more.ring()
    },
    onTrouble: (message, error) => {
      deps.log.error(message, { error })
      stage.set({
        state: 'degraded',
        detail: `${message}: ${error.message}`,
        hint: 'make room on the disk of the data directory',
      })
    },
  })
  const live = createLiveSender({
    agent: deps.agent,
    link,
    log: deps.log,
    now: () => Math.floor(clock() / 1000),
    onAnswer,
  })

  const waitForMore = (signal: AbortSignal) => {
    allSent = true
    return more.next(signal)
  }
  const onState = ({ connected, error }: { readonly connected: boolean; readonly error?: Error }) => {
    if (connected) return stage.set({ state: 'ok' })
    deps.log.warn('server does not take frames; rows wait on disk', error ? { error } : {})
    stage.set({
      state: 'degraded',
      detail: `the server does not take frames: ${error?.message ?? 'no answer'}`,
      hint: 'see that the server runs and that --ship-server is its address; nothing is lost meanwhile',
    })
  }
  const sayHello = async (signal: AbortSignal) => {
    const backoff = createBackoff({ firstMs: 200, mostMs: 10_000 })
    while (!signal.aborted) {
      const collectors = [...(deps.collectors?.() ?? [])]
      const said = JSON.stringify(collectors)
      const outdated = new AbortController()
      const looking = setInterval(() => {
        if (JSON.stringify(deps.collectors?.() ?? []) !== said) outdated.abort()
      }, collectorsEveryMs)
      try {
        const addresses = [...deps.addresses()]
        const answer = await link.hello(
          {
            agent: deps.agent,
            host: deps.host,
            version: deps.version,
            since,
            addresses,
            watched,
            handover,
            collectors,
          },
          AbortSignal.any([signal, outdated.signal]),
        )
        watched = answer.watched
        if (answer.handover !== handover) for (const tell of onHandover) tell()
        handover = answer.handover
        backoff.reset()
      } catch (error) {
        if (outdated.signal.aborted) continue
        watched = false
        if (!signal.aborted) deps.log.debug('hello was not answered', { error: error as Error })
        await sleep(backoff.next(), signal)
      } finally {
        clearInterval(looking)
      }
    }
  }
  return {
    spool,
    live,
    output: {
      lasting: spool.batch.sink,
      live: live.sink,
      watched: () => watched,
      onHandover(listener) {
        onHandover.add(listener)
        return () => void onHandover.delete(listener)
      },
      endInterval: () => spool.endInterval(),
      endDelta: () => live.flush(),
      lost: (what, count) => losses.add(what, count),
    },
    async run(signal) {
      const sending = sendSpool(
        { spool: spool.spool, link, losses, log: deps.log, waitForMore, onAnswer, onState },
        signal,
      )
      await Promise.all([sending, live.run(signal), sayHello(signal)])
    },
    close() {
      spool.close()
      link.close()
      lock.release()
    },
  }
}

// What happens to an agent's frames: read, named, put into a segment, answered when durable. Each frame has its own answer;
// one that is broken is refused by its name and the others beside it are kept. Knows no HTTP.
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { Logger, Stage } from '@margay/kit'
import type { Row } from '@margay/model'
import type { Frame, FrameResult } from '@margay/wire'
import { FrameError, decodeFrame, frameLimits, readPiece } from '@margay/wire'
import type { Agents } from '../intern/agents.ts'
import type { Epoch, Epochs } from '../intern/epochs.ts'
import type { Interner } from '../intern/interner.ts'
import { patienceSeconds } from '../intern/patience.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { LiveBatch } from '../live/live.ts'
import type { AgentFrames } from '../receivers/agent.ts'
import type { BodyAllowance } from './body-allowance.ts'
import { createBodyAllowance } from './body-allowance.ts'
import type { Segments } from './segments.ts'
import { NotDurableError } from './segments.ts'
import { unpackFrame } from './unpack-frame.ts'

export interface AgentFramesDeps {
  readonly segments: Segments
  readonly interner: Interner
  readonly epochs: Epochs
  readonly agents: Agents
  readonly inventory: Inventory
  /** Whether names may be out of date for a moment: lasting rows are then asked for again a little later. */
  readonly areNamesUnsure?: () => boolean
  readonly watched: () => boolean
  readonly publish: (batch: LiveBatch) => void
  readonly tally: AgentTally
  readonly log: Logger
  readonly stage: Stage
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** What is counted for each agent. */
export interface AgentTally {
  rows(agent: string, count: number): void
  lost(agent: string, what: string, count: number): void
  /** Rows of pods and hosts of other nodes. */
  elsewhere(agent: string, count: number): void
}

/** Ten times a full frame of long rows. */
const maxFrameBytes = 64 * 1_048_576
/** How long a batch waits for the name of a pod that was just started. */
const nameWaitMs = patienceSeconds * 1000

/** A frame had its turn; its answer may still wait for the disk. */
interface Taken {
  readonly answer: FrameResult | Promise<FrameResult>
}

interface Named {
  readonly epoch: string
  readonly sequence: number
}

const refusedAs = (error: FrameError): FrameResult => ({ result: 'refused', code: error.code, message: error.message })

async function readFrame(agent: string, piece: Uint8Array, name: Named, allowance: BodyAllowance): Promise<Frame> {
  const unpacked = unpackFrame(readPiece(piece).compressed, maxFrameBytes)
  const plain = unpacked instanceof Uint8Array ? unpacked : await unpacked
  allowance.spend(plain.length)
  const frame = decodeFrame(plain, frameLimits, crc32)
  if (frame.agent !== agent) throw new FrameError('broken', `frame is of agent "${frame.agent}", sent by "${agent}"`)
  if (frame.epoch !== name.epoch || frame.sequence !== name.sequence) {
    throw new FrameError('broken', `frame is batch ${frame.sequence}, its piece says ${name.sequence}`)
  }
  return frame
}

export function createAgentFrames(deps: AgentFramesDeps): AgentFrames {
  deps.stage.set({ state: 'ok' })
  const { segments, interner, epochs } = deps
  /** Lasting frames of one agent are taken one after the other, whatever requests they came in. */
  const turns = new Map<string, Promise<unknown>>()

  const waitForNames = async (frame: Frame, epoch: Epoch) => {
    const until = deps.clock() + nameWaitMs
    if (!interner.isFresh(frame)) return
    while (interner.isUnnamed(frame, epoch) && deps.clock() < until) {
      await deps.inventory.changed(AbortSignal.timeout(Math.max(1, until - deps.clock())))
    }
  }
  const note = (frame: Frame, leftOut: ReadonlyMap<string, number>) => {
    for (const { what, count } of frame.losses) deps.tally.lost(frame.agent, what, count)
    for (const [reason, count] of leftOut) deps.stage.lose(reason, count)
    for (const [reason, count] of frame.leftOut) deps.stage.lose(reason, count)
  }
  const noteElsewhere = (agent: string, rows: number) => {
    deps.tally.elsewhere(agent, rows)
    deps.log.warn("an agent sent rows of other nodes' pods; they do not count", { agent, rows })
  }
  const store = (frame: Frame, epoch: Epoch, batch: { source: string } & Named): Promise<void> => {
    const shown: Row[] = []
    const builder = segments.builder(frame.logType)
    const show = deps.watched() ? (row: Row) => void shown.push(row) : undefined
    const { rows, leftOut, elsewhere } = interner.encode(frame, epoch, builder, show)
    const durable = segments.commit(batch)
    return durable.then(() => {
      note(frame, leftOut)
      deps.tally.rows(frame.agent, rows)
      if (elsewhere > 0) noteElsewhere(frame.agent, elsewhere)
      if (shown.length > 0) deps.publish({ logType: frame.logType, provisional: false, rows: shown })
    })
  }
  const whenDurable = async (durable: Promise<void>): Promise<FrameResult> => {
    try {
      await durable
      return { result: 'stored' }
    } catch (error) {
      if (error instanceof NotDurableError) return { result: 'later' }
      throw error
    }
  }
  /** A frame that will never be read is remembered as taken, so that what follows it is no gap. */
  const refuse = (agent: string, name: Named, error: FrameError): Promise<FrameResult> => {
    deps.stage.lose(`refused_${error.code}`, 1)
    deps.log.warn('a frame was refused', { code: error.code, reason: error.message })
    epochs.pass(agent, name.epoch, name.sequence)
    const batch = { source: agent, ...name }
    if (segments.standing(batch) !== 'new') return Promise.resolve(refusedAs(error))
    return whenDurable(segments.commit(batch)).then((kept) => (kept.result === 'stored' ? refusedAs(error) : kept))
  }
  const takeLive = (frame: Frame): FrameResult => {
    const epoch = epochs.define(frame)
    if (!epoch) return { result: 'define', epoch: frame.epoch }
    if (deps.watched()) {
      deps.publish({ logType: frame.logType, provisional: true, rows: interner.rows(frame, epoch) })
    }
    return { result: 'shown' }
  }
  const takeLasting = async (frame: Frame): Promise<Taken> => {
    const epoch = epochs.define(frame)
    if (!epoch) return { answer: { result: 'define', epoch: frame.epoch } }
    const batch = { source: frame.agent, epoch: frame.epoch, sequence: frame.sequence }
    if (segments.standing(batch) === 'new') {
      if (interner.isFresh(frame) && deps.areNamesUnsure?.()) return { answer: { result: 'later' } }
      await waitForNames(frame, epoch)
    }
    switch (segments.standing(batch)) {
      case 'durable':
        return { answer: { result: 'stored' } }
      case 'open':
        return { answer: whenDurable(segments.settled()) }
      case 'gap':
        return { answer: { result: 'define', epoch: frame.epoch } }
      case 'new':
        return { answer: segments.isFull ? { result: 'later' } : whenDurable(store(frame, epoch, batch)) }
    }
  }
  const takePiece = async (agent: string, piece: Uint8Array, allowance: BodyAllowance): Promise<Taken> => {
    const name = readPiece(piece)
    try {
      const frame = await readFrame(agent, piece, name, allowance)
      interner.noteArrival(frame)
      return frame.provisional ? { answer: takeLive(frame) } : await takeLasting(frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      allowance.noteBroken()
      return { answer: refuse(agent, name, error) }
    }
  }
  const takeAll = async (agent: string, pieces: readonly Uint8Array[]) => {
    const answers: (FrameResult | Promise<FrameResult>)[] = []
    const allowance = createBodyAllowance()
    for (const [at, piece] of pieces.entries()) {
      // Between two pieces it is the turn of everybody else: other agents, hellos, leases, the disk.
      if (at > 0) await setImmediate()
      if (allowance.isSpent) {
        answers.push({ result: 'later' })
        break
      }
      const { answer } = await takePiece(agent, piece, allowance)
      answers.push(answer)
      if (!(answer instanceof Promise) && (answer.result === 'define' || answer.result === 'later')) break
    }
    return answers
  }
  return {
    async take(agent, pieces) {
      const before = turns.get(agent) ?? Promise.resolve()
      const turn = before.then(() => takeAll(agent, pieces))
      const tail = turn.catch(() => {})
      turns.set(agent, tail)
      try {
        const answers = await turn
        return await Promise.all(answers.map((answer) => Promise.resolve(answer)))
      } finally {
        if (turns.get(agent) === tail) turns.delete(agent)
      }
    },
  }
}

// For tests: agents' frames through the real interner with the real judge, on a cluster of YAML whose objects change while
// rows come. Time is the test's.
import type { Row } from '@margay/model'
import { logType } from '@margay/model'
import { createBlockBuilder } from '@margay/store'
import type { FrameBuilder } from '@margay/wire'
import { createFrameBuilder, decodeFrame } from '@margay/wire'
import { parseAllDocuments } from 'yaml'
import { createAgents } from '../intern/agents.ts'
import { createEpochs } from '../intern/epochs.ts'
import { createInterner } from '../intern/interner.ts'
import { createInventory } from '../inventory/inventory.ts'
import type { Judge, JudgeDeps } from '../judge/index.ts'
import { createJudge } from '../judge/index.ts'
import { readClusterObject } from '../objects/read-object.ts'

/** One row as an agent sends it: dimensions of its series, and the rest. */
export interface Sent {
  readonly agent: string
  readonly series: Row
  readonly rest: Row
  /** Rows of one epoch and series go on where the last one stopped. */
  readonly epoch?: string
}

export interface JudgedCluster {
  readonly judge: Judge
  /** Objects as they are from a moment on; 0 where they are found so, now. `unseenSince`: nobody watched from then to `at`. */
  readonly put: (yaml: string, at?: number, unseenSince?: number) => void
  /** By uid: the object's own, or kind and place where it states none. */
  readonly remove: (uid: string, at: number) => void
  /** The row as it would be stored. */
  readonly row: (sent: Sent) => Row
  /** The row as a delta that is only shown. */
  readonly shown: (sent: Sent) => Row
  /** Segments end; what is too old is forgotten. */
  readonly trim: () => void
  readonly setNow: (now: number) => void
}

export function createJudgedCluster(yaml: string, start: number, deps: JudgeDeps = {}): JudgedCluster {
  const inventory = createInventory()
  const agents = createAgents(inventory)
  const judge = createJudge({ maxSeries: 1_000 }, deps)
  const epochs = createEpochs()
  let now = start
  const interner = createInterner({ cluster: 'c1', maxSeries: 1_000 }, { inventory, agents, now: () => now, judge })
  const builder = createBlockBuilder(logType('flows')!)
  const opened = new Map<string, { readonly frames: FrameBuilder; readonly epoch: string; sequence: number }>()

  const put = (text: string, at = 0, unseenSince?: number) => {
    for (const document of parseAllDocuments(text)) {
      const read = readClusterObject(document.toJS())
      if (read.kind !== 'object') throw new Error(`no object of ours: ${JSON.stringify(document.toJS())}`)
      inventory.put(read.object, at, unseenSince)
      judge.put(read.object, at, unseenSince, at === 0 ? now : undefined)
    }
  }
  /** Like an agent: a series is defined in the first frame of its epoch. */
  const epochOf = ({ agent, series, epoch }: Sent) => {
    const key = `${agent} ${epoch ?? opened.size}`
    const known = opened.get(key)
    if (known) return known
    const made = {
      frames: createFrameBuilder(logType('flows')!),
      epoch: opened.size.toString(16).padStart(16, '0'),
      sequence: 0,
    }
    made.frames.define(1, series)
    opened.set(key, made)
    return made
  }
  const frameOf = (sent: Sent, provisional: boolean) => {
    const { agent, rest } = sent
    const open = epochOf(sent)
    const { frames, epoch } = open
    frames.add(1, rest)
    const head = { agent, epoch, sequence: open.sequence++, provisional, madeAt: now }
    const frame = decodeFrame(frames.take(head, []))
    interner.noteArrival(frame)
    return [frame, epochs.define(frame)!] as const
  }
  put(yaml)
  return {
    judge,
    put,
    remove: (uid, at) => {
      inventory.remove(uid, at)
      judge.remove(uid, at)
    },
    row: (sent) => {
      const rows: Row[] = []
      interner.encode(...frameOf(sent, false), builder, (row) => rows.push(row))
      return rows[0]!
    },
    shown: (sent) => interner.rows(...frameOf(sent, true))[0]!,
    trim: () => interner.trim(),
    setNow: (moment) => (now = moment),
  }
}

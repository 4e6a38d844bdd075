// A traced packet's way through the rules, gathered from its messages and told as marks: what rules said and decided,
// address translation and what merely went on left out. The last mark is the one that decided. Pure but for the rule book.
import { setNewest } from '@margay/kit'
import { printMark } from '@margay/wire'
import type { Said } from '../../flow/mark-table.ts'
import { tupleKey } from '../../flow/tuple.ts'
import { tupleSize } from '../../kernel/layout.ts'
import type { BaseChain } from '../../netlink/nft-rules.ts'
import type { TraceStep } from '../../netlink/nft-trace.ts'
import { readPacket } from '../../netlink/packet.ts'
import type { RuleBook } from './rules.ts'

/** A packet of which messages have come. */
interface Path {
  /** Undefined until a chain's first message told the packet. */
  key: string | undefined
  base: BaseChain | undefined
  readonly marks: string[]
  /** Some of these marks is a drop: a number comes again for another packet, with marks of its own. */
  denies: boolean
  at: number
}

export interface Paths {
  take(bytes: Buffer, step: TraceStep, nowMs: number): void
  /** Everything that waited has been read: hands over the ways, which may go on for a moment. */
  end(nowMs: number): void
}

export interface PathsDeps {
  readonly rules: Pick<RuleBook, 'refresh' | 'comment' | 'base'>
  readonly note: (key: string, said: Said) => void
}

/** Whose table is not told: the one that makes the traces. */
export interface PathsConfig {
  readonly ownTable: string
}

/** A packet's messages come within one look or two. */
const keepMs = 1000
const maxPaths = 4096
/** Different ways that packets take; more are told apart no longer by object, which costs only room. */
const maxWays = 4096

/** Hooks where a packet is let through or not: input, forward, output. */
const isDeciding = (base: BaseChain | undefined) => base !== undefined && base.hook >= 1 && base.hook <= 3

export function createPaths({ ownTable }: PathsConfig, { rules, note }: PathsDeps): Paths {
  const paths = new Map<number, Path>()
  const ways = new Map<string, Said>()
  const packet = Buffer.alloc(tupleSize)
  const heads = Buffer.alloc(128)
  let isFresh = false

  const keyOf = (bytes: Buffer, { network, transport }: TraceStep): string | undefined => {
    if (!network) return undefined
    let size = bytes.copy(heads, 0, network[0], network[1])
    if (transport) size += bytes.copy(heads, size, transport[0], transport[1])
    return readPacket(heads, 0, size, packet) ? tupleKey(packet, 0) : undefined
  }
  const pathOf = (number: number, nowMs: number): Path => {
    const known = paths.get(number)
    if (known) return known
    const path: Path = { key: undefined, base: undefined, marks: [], denies: false, at: nowMs }
    return setNewest(paths, number, path, maxPaths)
  }
  /** A way through the rules as text; undefined where the step is not worth telling. */
  const markOf = (step: TraceStep, base: BaseChain | undefined): string | undefined => {
    const { family, familyName, table, chain, handle, verdict } = step
    const place = { by: 'nf_trace', family: familyName, table, chain, verdict } as const
    if (handle === undefined) return isDeciding(base) ? printMark({ ...place, rule: 'policy' }) : undefined
    const comment = rules.comment({ family, table, chain, handle })
    if (comment) return printMark({ ...place, rule: { comment } })
    const isTelling = verdict === 'drop' || (verdict === 'accept' && isDeciding(base))
    return isTelling ? printMark({ ...place, rule: { handle: Number(handle) } }) : undefined
  }
  const sayingOf = (path: Path): Said => {
    const key = path.marks.join('\n')
    const known = ways.get(key)
    if (known) return known
    if (ways.size >= maxWays) ways.clear()
    const said: Said = { texts: [...path.marks], direction: undefined, denies: path.denies }
    ways.set(key, said)
    return said
  }

  return {
    take(bytes, step, nowMs) {
      if (step.table === ownTable) return
      if (!isFresh) {
        rules.refresh()
        isFresh = true
      }
      const path = pathOf(step.packet, nowMs)
      const base = rules.base(step.family, step.table, step.chain)
      if (base) path.base = base
      path.at = nowMs
      // Chains that translate decide nothing, and what they see first is not yet where the packet goes.
      if (path.base?.type === 'nat') return
      path.key = keyOf(bytes, step) ?? path.key
      const mark = markOf(step, path.base)
      if (mark === undefined) return
      path.marks.push(mark)
      if (step.verdict === 'drop') path.denies = true
    },
    end(nowMs) {
      isFresh = false
      for (const [number, path] of paths) {
        if (path.key !== undefined && path.marks.length > 0) note(path.key, sayingOf(path))
        path.marks.length = 0
        path.denies = false
        if (nowMs - path.at > keepMs) paths.delete(number)
      }
    },
  }
}

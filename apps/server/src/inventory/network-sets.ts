// Which network set an address belongs to. Sets in the namespace of the workload at the other end come first, then global
// ones, then those of other namespaces; among equals the longest prefix, then the name. For each prefix length in use there
// is a timeline of masked addresses, so that a look-up costs one step a length and not one a set.
import type { Cidr, IpBytes } from '@margay/model'
import { parseCidr, printCidr } from '@margay/model'
import type { Endpoint } from './endpoint.ts'
import { isSameEndpoint } from './endpoint.ts'
import type { Timeline } from './timeline.ts'
import { createTimeline } from './timeline.ts'

export interface NetworkSets {
  /** Blocks that cannot be read are given back. */
  set(uid: string, nets: readonly string[], endpoint: Endpoint, from: number): readonly string[]
  end(uid: string, at: number): void
  /** `namespace` is that of the workload that talks with the address. */
  at(address: IpBytes, moment: number, namespace?: string): Endpoint | undefined
  /** Whether the answer may depend on the namespace. */
  readonly areNamespaced: boolean
  forgetBefore(moment: number): void
}

const maskedKey = (bytes: IpBytes, bits: number): string => {
  const masked = bytes.slice()
  for (let i = 0; i < 16; i++) {
    const left = bits - i * 8
    if (left < 8) masked[i]! &= left <= 0 ? 0 : 0xff << (8 - left)
  }
  return printCidr({ bytes: masked, bits })
}

const isGlobal = ({ namespace }: Endpoint) => namespace === '-'

function rankOf(set: Endpoint, namespace: string | undefined): number {
  if (isGlobal(set)) return 1
  return set.namespace === namespace ? 0 : 2
}

const nameOf = ({ namespace, nameAggr }: Endpoint) => (namespace === '-' ? nameAggr : `${namespace}/${nameAggr}`)

/** Of sets with one and the same block. */
function firstOf(sets: readonly Endpoint[], namespace: string | undefined): Endpoint | undefined {
  const order = (a: Endpoint, b: Endpoint) =>
    rankOf(a, namespace) - rankOf(b, namespace) || (nameOf(a) < nameOf(b) ? -1 : 1)
  return sets.length > 1 ? [...sets].sort(order)[0] : sets[0]
}

export function createNetworkSets(): NetworkSets {
  const lengths = new Map<number, Timeline<Endpoint>>()
  const known = new Map<string, { readonly blocks: readonly Cidr[]; readonly endpoint: Endpoint }>()
  /** Prefix lengths in use, longest first. */
  let longestFirst: readonly number[] = []

  const timelineOf = (bits: number): Timeline<Endpoint> => {
    const found = lengths.get(bits) ?? createTimeline<Endpoint>()
    lengths.set(bits, found)
    longestFirst = [...lengths.keys()].sort((a, b) => b - a)
    return found
  }
  /** Ends the set's blocks apart from those that it keeps. */
  const release = (uid: string, at: number, kept: ReadonlySet<string> = new Set()) => {
    for (const block of known.get(uid)?.blocks ?? []) {
      const key = printCidr(block)
      if (!kept.has(key)) lengths.get(block.bits)?.end(key, uid, at)
    }
  }
  return {
    set(uid, nets, made, from) {
      const before = known.get(uid)?.endpoint
      const endpoint = before && isSameEndpoint(before, made) ? before : made
      const read = nets.map((text) => [text, parseCidr(text)] as const)
      const blocks = read.map(([, block]) => block).filter((block) => block !== undefined)
      release(uid, from, new Set(blocks.map(printCidr)))
      for (const block of blocks) timelineOf(block.bits).set(printCidr(block), uid, endpoint, from)
      known.set(uid, { blocks, endpoint })
      return read.filter(([, block]) => block === undefined).map(([text]) => text)
    },
    end(uid, at) {
      release(uid, at)
      known.delete(uid)
    },
    at(address, moment, namespace) {
      let best: Endpoint | undefined
      for (const bits of longestFirst) {
        const ofLength = lengths.get(bits)!.allAt(maskedKey(address, bits), moment)
        const first = firstOf(ofLength, namespace)
        if (first && (!best || rankOf(first, namespace) < rankOf(best, namespace))) best = first
        if (best && rankOf(best, namespace) === 0) break
      }
      return best
    },
    get areNamespaced() {
      return [...known.values()].some(({ endpoint }) => !isGlobal(endpoint))
    },
    forgetBefore: (moment) => lengths.forEach((timeline) => timeline.forgetBefore(moment)),
  }
}

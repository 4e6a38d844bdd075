// Network sets by longest prefix: for each prefix length in use a timeline of masked addresses, so that a look-up costs one
// step a length and not one a set.
import type { Cidr, IpBytes } from '@margay/model'
import { parseCidr, printCidr } from '@margay/model'
import type { Endpoint } from './endpoint.ts'
import type { Timeline } from './timeline.ts'
import { createTimeline } from './timeline.ts'

export interface NetworkSets {
  /** Blocks that cannot be read are given back. */
  set(uid: string, nets: readonly string[], endpoint: Endpoint, from: number): readonly string[]
  end(uid: string, at: number): void
  at(address: IpBytes, moment: number): Endpoint | undefined
}

const maskedKey = (bytes: IpBytes, bits: number): string => {
  const masked = bytes.slice()
  for (let i = 0; i < 16; i++) {
    const left = bits - i * 8
    if (left < 8) masked[i]! &= left <= 0 ? 0 : 0xff << (8 - left)
  }
  return printCidr({ bytes: masked, bits })
}

export function createNetworkSets(): NetworkSets {
  const lengths = new Map<number, Timeline<Endpoint>>()
  const blocksOf = new Map<string, readonly Cidr[]>()
  const timelineOf = (bits: number) => {
    const known = lengths.get(bits) ?? createTimeline<Endpoint>()
    lengths.set(bits, known)
    return known
  }
  const end = (uid: string, at: number) => {
    for (const block of blocksOf.get(uid) ?? []) timelineOf(block.bits).end(printCidr(block), uid, at)
    blocksOf.delete(uid)
  }
  return {
    set(uid, nets, endpoint, from) {
      end(uid, from)
      const read = nets.map((text) => [text, parseCidr(text)] as const)
      const blocks = read.map(([, block]) => block).filter((block) => block !== undefined)
      for (const block of blocks) timelineOf(block.bits).set(printCidr(block), uid, endpoint, from)
      blocksOf.set(uid, blocks)
      return read.filter(([, block]) => block === undefined).map(([text]) => text)
    },
    end,
    at(address, moment) {
      const longestFirst = [...lengths.keys()].sort((a, b) => b - a)
      for (const bits of longestFirst) {
        const found = lengths.get(bits)?.at(maskedKey(address, bits), moment)
        if (found) return found
      }
      return undefined
    },
  }
}

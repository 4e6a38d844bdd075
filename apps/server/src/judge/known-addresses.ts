// Addresses of which objects say whose they are or were: no class of outside can stand for them. Objects come in any order and
// an address may be several objects' at once, so it is counted who states it now; what was stated is known for as long as rows
// of that time may still come.
import { setNewest } from '@margay/kit'
import type { Address, Step } from '@margay/policy'
import { printAddress } from '@margay/policy'

export interface KnownAddresses {
  /**
   * `own`: a host's or an endpoint's of a service, to be judged by itself. `gone`: a pod had it not long ago and nobody has said
   * of it since that it is a host's; whoever still sends there does not send outside. Undefined: nobody's, as far as objects
   * tell.
   */
  of(ip: string): 'own' | 'gone' | undefined
  /** Grows with every address that becomes known; the last time in Unix seconds. */
  readonly version: number
  readonly changedAt: number
  take(step: Step, at: number): void
  /** Forgets what was stated `keepSeconds` ago and is not stated any more: a pod's address may be a machine's by then. */
  trim(now: number): void
}

/** Addresses of pods that are gone, least recently gone first. */
const maxGone = 100_000

type Stated = { readonly kind: 'host' | 'service' | 'pod'; readonly addresses: readonly Address[] }

const nothing: Stated = { kind: 'pod', addresses: [] }

/** What a change states, where it is one of an object with addresses. */
function statedBy(change: Step['forward']): Stated {
  if (!('put' in change)) return nothing
  switch (change.put) {
    case 'hostEndpoint':
      return { kind: 'host', addresses: change.value.expectedAddresses }
    case 'node':
      return { kind: 'host', addresses: change.value.addresses }
    case 'service':
      return { kind: 'service', addresses: change.value.addresses }
    case 'pod':
      return change.value.hostNetwork ? nothing : { kind: 'pod', addresses: change.value.addresses }
    case 'policy':
    case 'networkSet':
    case 'profile':
    case 'namespace':
    case 'serviceAccount':
    case 'tier':
      return nothing
  }
}

/** How many objects state each address, and since when none does. */
function createCounts(onNew: (at: number) => void) {
  const counts = new Map<string, number>()
  const left = new Map<string, number>()
  return {
    add(ip: string, at: number) {
      if (!counts.has(ip) && !left.has(ip)) onNew(at)
      counts.set(ip, (counts.get(ip) ?? 0) + 1)
      left.delete(ip)
    },
    remove(ip: string, at: number) {
      const count = counts.get(ip) ?? 0
      if (count > 1) return counts.set(ip, count - 1)
      counts.delete(ip)
      return left.set(ip, at)
    },
    has: (ip: string) => counts.has(ip) || left.has(ip),
    forgetBefore(moment: number) {
      for (const [ip, at] of left) if (at < moment) left.delete(ip)
    },
  }
}

export function createKnownAddresses({ keepSeconds }: { readonly keepSeconds: number }): KnownAddresses {
  let version = 0
  let changedAt = 0
  const onNew = (at: number) => {
    version += 1
    changedAt = Math.max(changedAt, at)
  }
  const stated = { host: createCounts(onNew), service: createCounts(onNew) }
  const gone = new Map<string, number>()

  const noteGone = (ip: string, at: number) => {
    if (!gone.has(ip)) onNew(at)
    setNewest(gone, ip, at, maxGone)
  }
  return {
    of(ip) {
      if (stated.host.has(ip)) return 'own'
      // Slices of a service name a pod's address a while longer than the pod has it.
      if (gone.has(ip)) return 'gone'
      return stated.service.has(ip) ? 'own' : undefined
    },
    get version() {
      return version
    },
    get changedAt() {
      return changedAt
    },
    take({ forward, backward }, at) {
      const [before, after] = [statedBy(backward), statedBy(forward)]
      const now = new Set(after.addresses.map(printAddress))
      // Added first, so that what stays is never seen to have left.
      if (after.kind !== 'pod') for (const ip of now) stated[after.kind].add(ip, at)
      for (const ip of new Set(before.addresses.map(printAddress))) {
        if (before.kind !== 'pod') stated[before.kind].remove(ip, at)
        else if (!now.has(ip)) noteGone(ip, at)
      }
    },
    trim(now) {
      stated.host.forgetBefore(now - keepSeconds)
      stated.service.forgetBefore(now - keepSeconds)
      for (const [ip, at] of gone) if (at < now - keepSeconds) gone.delete(ip)
    },
  }
}

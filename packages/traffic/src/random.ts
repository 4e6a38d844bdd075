// Chance that can be asked again: every draw is a function of the seed and of what it is for, so rows never depend on the
// order or the size of the calls that made them.

/** A stream of numbers in [0, 1). */
export type Random = () => number

/** Mixes words into a 32-bit seed (murmur3's finisher after each word). */
export function mix(...words: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const word of words) {
    hash = Math.imul(hash ^ (word | 0), 0x85ebca6b)
    hash ^= hash >>> 13
    hash = Math.imul(hash, 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** A 32-bit hash of a name (FNV-1a), to mix with a seed. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Mulberry32: small, fast, and good enough for a story. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** How many events happened where `mean` were to be expected. Exact for small means, the normal curve above 30. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}

/** Mean 0, deviation 1, by the sum of four uniform draws: bounded, which is what bytes and latencies want. */
export function normal(random: Random): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3)
}

/** A number around `mean`, between a quarter and four times of it. */
export function around(random: Random, mean: number, spread = 0.25): number {
  return mean * Math.min(4, Math.max(0.25, 1 + spread * normal(random)))
}

export function pick<T>(random: Random, list: readonly T[]): T {
  if (list.length === 0) throw new Error('BUG: nothing to pick from')
  return list[Math.floor(random() * list.length)]!
}

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** Letters as Kubernetes draws them for pod names. */
export function podSuffix(random: Random, length = 5): string {
  return Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('')
}

/** Lower-case hexadecimal digits. */
export function hex(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
}

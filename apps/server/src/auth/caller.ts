// Who asks, and the few things that can be allowed. Which way of showing it is used, static tokens or Kubernetes, nobody
// above needs to know.
import type { TokenSource } from './tokens.ts'

/**
 * - `read`: see everything that is recorded, on every page and by every question.
 * - `send`: add finished records, which others will then believe.
 * - `scrape`: read our own metrics.
 */
export type Right = 'read' | 'send' | 'scrape'

export interface Caller {
  readonly name: string
  /** How it was shown: `token file` or `Kubernetes`. */
  readonly shownBy: string
}

/** A way to find out whose a token is. */
export type Way = TokenSource<Identified>

export interface Identified extends Caller {
  /** What is missing, one sentence without a final stop, or true. Throws where it cannot tell now. */
  may(right: Right): Promise<true | string>
}

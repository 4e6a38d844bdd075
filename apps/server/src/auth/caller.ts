// Who asks, and the few things that can be allowed. Which way of showing it is used, static tokens or Kubernetes, nobody
// above needs to know.

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

/** A way to find out whose a token is. It throws where it cannot tell now; undefined means that it is nobody's. */
export interface Way {
  identify(token: string): Promise<Identified | undefined>
}

export interface Identified extends Caller {
  /** What is missing, one sentence without a final stop, or true. Throws where it cannot tell now. */
  may(right: Right): Promise<true | string>
}

// Puts DNS messages of one direction of a TCP connection together: any segmentation, repeated and reordered segments,
// several messages in one segment (RFC 7766). Bounded: what cannot be put in order is given up, and reading starts again
// at the next segment. Pure.

export interface StreamMessage {
  readonly bytes: Buffer
  /** Part of it was not captured. */
  readonly isCut: boolean
}

export interface DnsStream {
  /** `sequence` numbers the first of `length` bytes, of which the first ones were captured. Returns complete messages. */
  push(sequence: number, captured: Buffer, length: number): StreamMessage[]
  /** A connection begins: its first byte has the number after the SYN's. */
  begin(synSequence: number): void
}

interface Segment {
  readonly sequence: number
  readonly bytes: Buffer
  readonly length: number
}

/** Out-of-order segments that wait for the one before them. */
const maxWaiting = 16

/** Distance from `from` to `to` on the circle of 2^32, negative where `to` lies before. */
const distance = (from: number, to: number) => (to - from) | 0

export function createDnsStream(): DnsStream {
  let next: number | undefined
  let waiting: Segment[] = []
  let prefix: number[] = []
  let body: Buffer[] | undefined
  let missing = 0
  let isCut = false
  let inSync = true

  const finish = (out: StreamMessage[]) => {
    out.push({ bytes: Buffer.concat(body!), isCut })
    body = undefined
    prefix = []
    isCut = false
  }

  const feed = (bytes: Buffer, out: StreamMessage[]) => {
    let at = 0
    while (at < bytes.length) {
      if (!body) {
        prefix.push(bytes[at++]!)
        if (prefix.length < 2) continue
        missing = (prefix[0]! << 8) | prefix[1]!
        body = []
        if (missing === 0) finish(out)
        continue
      }
      const taken = Math.min(missing, bytes.length - at)
      body.push(Buffer.from(bytes.subarray(at, at + taken)))
      at += taken
      missing -= taken
      if (missing === 0) finish(out)
    }
  }

  /** Bytes that were sent and not captured: they end the present message as cut, or the thread is lost. */
  const skip = (count: number, out: StreamMessage[]) => {
    if (count === 0) return
    if (!body || count > missing) {
      if (body) {
        isCut = true
        finish(out)
      }
      inSync = count === 0
      prefix = []
      return
    }
    isCut = true
    missing -= count
    if (missing === 0) finish(out)
  }

  const restart = (sequence: number) => {
    next = sequence
    prefix = []
    body = undefined
    isCut = false
    inSync = true
  }

  const take = (segment: Segment, out: StreamMessage[]) => {
    const repeated = distance(segment.sequence, next!)
    if (repeated >= segment.length) return
    if (!inSync) restart(segment.sequence)
    const start = Math.max(0, repeated)
    feed(segment.bytes.subarray(Math.min(start, segment.bytes.length)), out)
    skip(segment.length - Math.max(start, segment.bytes.length), out)
    next = (segment.sequence + segment.length) >>> 0
  }

  const takeWaiting = (out: StreamMessage[]) => {
    for (;;) {
      const index = waiting.findIndex(({ sequence }) => distance(next!, sequence) <= 0)
      if (index < 0) return
      take(waiting.splice(index, 1)[0]!, out)
    }
  }

  return {
    begin(synSequence) {
      restart((synSequence + 1) >>> 0)
      waiting = []
    },
    push(sequence, captured, length) {
      const out: StreamMessage[] = []
      next ??= sequence
      const segment = { sequence, bytes: captured, length }
      if (distance(next, sequence) <= 0) take(segment, out)
      else waiting.push({ ...segment, bytes: Buffer.from(captured) })
      takeWaiting(out)
      if (waiting.length <= maxWaiting) return out
      // The gap will not be filled any more: go on behind it.
      waiting.sort((a, b) => distance(b.sequence, a.sequence))
      restart(waiting[0]!.sequence)
      takeWaiting(out)
      return out
    },
  }
}

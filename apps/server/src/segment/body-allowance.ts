// What one body of frames may cost. Whatever is over it is not refused but asked for again, so that no honest agent loses
// anything by it, and others have their turn before the rest comes.

export interface BodyAllowance {
  /** A frame was decompressed. */
  spend(plainBytes: number): void
  /** A frame could not be read. */
  noteBroken(): void
  readonly isSpent: boolean
}

/** What a hundred full frames have, or four of the largest that are taken. */
const maxPlainBytes = 256 * 1_048_576
/** Of a body in which so many frames cannot be read, the rest is in no hurry. */
const maxBroken = 4

export function createBodyAllowance(): BodyAllowance {
  let plainBytes = 0
  let broken = 0
  return {
    spend: (bytes) => void (plainBytes += bytes),
    noteBroken: () => void broken++,
    get isSpent() {
      return plainBytes >= maxPlainBytes || broken >= maxBroken
    },
  }
}

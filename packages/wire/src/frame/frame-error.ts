// The one error that reading a frame can give. A receiver answers it to the sender and goes on with the next frame.

/**
 * - `broken`: bytes are missing, changed or make no sense; sending the same bytes again does not help.
 * - `version`: written by an agent with another form of frame.
 * - `unknown_log_type`, `field_kind`: the sender knows a catalogue that this reader does not.
 * - `too_large`: over the reader's limits.
 */
export type FrameErrorCode = 'broken' | 'version' | 'unknown_log_type' | 'field_kind' | 'too_large'

export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code: FrameErrorCode

  constructor(code: FrameErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

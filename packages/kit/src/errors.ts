// Errors that reach a person or another program: each has a stable code from a table, an HTTP status and a hint that says
// what to do next. The message names the thing and the value and is written where the error is made.

export interface ErrorKind {
  readonly status: number
  /** What to do next, one sentence. */
  readonly hint: string
}

export class CodedError extends Error {
  override readonly name: string = 'CodedError'
  readonly code: string
  readonly status: number
  readonly hint: string

  constructor(code: string, kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = kind.status
    this.hint = kind.hint
  }
}

/**
 * Makes the errors of one room: `const errors = defineErrors({ frame_broken: { status: 400, hint: '…' } })`, then
 * `throw errors.frame_broken('checksum of frame 7 does not match')`.
 */
export function defineErrors<const T extends Readonly<Record<string, ErrorKind>>>(
  table: T,
): { readonly [K in keyof T]: (message: string, options?: ErrorOptions) => CodedError } {
  const makers = Object.entries(table).map(([code, kind]) => [
    code,
    (message: string, options?: ErrorOptions) => new CodedError(code, kind, message, options),
  ])
  return Object.fromEntries(makers) as { [K in keyof T]: (message: string, options?: ErrorOptions) => CodedError }
}

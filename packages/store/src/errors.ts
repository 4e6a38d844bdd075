// What can go wrong in a store, as a table: a stable code, whether the same request may succeed later, and what to do.

interface Fault {
  /** The same request may succeed later without anyone changing it. */
  readonly retry: boolean
  readonly hint: string
}

const faults = {
  dir_in_use: {
    retry: false,
    hint: 'another Margay server has this data directory open; stop it, or give this one its own with --data',
  },
  disk_full: {
    retry: true,
    hint: 'free some space on the volume of the data directory, or lower the retention; nothing that was acknowledged is lost',
  },
  timeout: { retry: true, hint: 'ask for a shorter time range or fewer groups' },
  memory: { retry: true, hint: 'ask for a shorter time range or fewer groups' },
  too_large: { retry: false, hint: 'lower the limit, or export page after page' },
  cancelled: { retry: true, hint: 'the question was cancelled' },
  busy: { retry: true, hint: 'the store has more work than it can queue; ask again in a moment' },
  engine_died: { retry: true, hint: 'the engine is being started again; ask again in a moment' },
  engine_failed: { retry: false, hint: 'the engine does not start; its last words are in the message' },
  schema_newer: { retry: false, hint: 'a newer Margay wrote this data directory; run that version or a newer one' },
  schema_mismatch: { retry: false, hint: 'a column of the data directory has another type than this version expects' },
  bad_cursor: { retry: false, hint: 'ask for the first page again, without a cursor' },
  bad_question: { retry: false, hint: 'the question names something that the log type does not have' },
  closed: { retry: false, hint: 'the store was closed' },
  engine_error: { retry: false, hint: 'this is a fault of Margay; please report it with the message' },
} as const satisfies { readonly [code: string]: Fault }

export type StoreErrorCode = keyof typeof faults

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  readonly hint: string
  readonly retry: boolean

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.hint = faults[code].hint
    this.retry = faults[code].retry
  }
}

/** ClickHouse's numbers for what a caller can do something about. */
const engineCodes: ReadonlyMap<number, StoreErrorCode> = new Map([
  [159, 'timeout'],
  [160, 'timeout'],
  [241, 'memory'],
  [243, 'disk_full'],
  [252, 'busy'],
  [394, 'cancelled'],
  [396, 'too_large'],
  [191, 'too_large'],
])

/** A full disk shows in many places of the engine, under many numbers, always with the system's own words. */
const fullDisk = /No space left on device|ENOSPC|errno: 28\b|NOT_ENOUGH_SPACE/
const lockedDirectory = /Cannot lock file .*status|Another server instance in same directory/

/** Turns an engine's failure into ours. `engineCode` is ClickHouse's, where it gave one. */
export function storeError(message: string, engineCode?: number): StoreError {
  const code = fullDisk.test(message)
    ? 'disk_full'
    : lockedDirectory.test(message)
      ? 'dir_in_use'
      : (engineCodes.get(engineCode ?? 0) ?? 'engine_error')
  return new StoreError(code, message)
}

// Every error that leaves the API: a table of codes with status, title and what to do next. Whatever is thrown below is
// turned into one of them here, by its code, so that what is below knows nothing of HTTP; what is nobody's fault but ours is
// logged and told without its inside.
import type { Problem } from '@margay/wire'

interface Kind {
  readonly status: number
  readonly title: string
  readonly hint: string
}

export const problemKinds = {
  query_syntax: { status: 400, title: 'the query cannot be read', hint: 'mend what stands at the place that is named' },
  query_meaning: {
    status: 400,
    title: 'the query cannot be meant',
    hint: 'mend what stands at the place that is named',
  },
  unknown_log_type: { status: 400, title: 'unknown log type', hint: 'GET /api/v1/fields lists the log types' },
  unknown_field: { status: 400, title: 'unknown field', hint: 'GET /api/v1/fields lists the fields of each log type' },
  bad_request: { status: 400, title: 'the request is not as described', hint: 'see /api/v1/openapi.json' },
  json_syntax: { status: 400, title: 'the body is not JSON', hint: 'send one JSON object as application/json' },
  bad_encoding: { status: 400, title: 'the body cannot be decompressed', hint: 'send gzip or zstd, or no compression' },
  bad_cursor: { status: 400, title: 'the cursor is not one of ours', hint: 'ask for the first page again' },
  unauthenticated: {
    status: 401,
    title: 'the server does not know who asks',
    hint: 'send a token as "Authorization: Bearer TOKEN", or sign in at /sign-in',
  },
  forbidden: {
    status: 403,
    title: 'this is not allowed for whoever asks',
    hint: 'ask whoever gives out rights for the one that is named',
  },
  forbidden_host: {
    status: 403,
    title: 'the request came under a foreign name',
    hint: 'use the address that the server printed, or allow the name with --allow-host',
  },
  forbidden_origin: {
    status: 403,
    title: 'the request came from a page of another site',
    hint: "only the server's own console and programs without a page may ask",
  },
  not_found: { status: 404, title: 'nothing is here', hint: 'see /api/v1/openapi.json' },
  no_objects: {
    status: 409,
    title: 'no objects of a cluster are known',
    hint: 'start the server in the cluster, or with --inventory and the YAML files of its objects',
  },
  method_not_allowed: { status: 405, title: 'the method does not fit', hint: 'see /api/v1/openapi.json' },
  too_large: { status: 413, title: 'the body is too large', hint: 'send it in several requests' },
  unsupported_type: {
    status: 415,
    title: 'the body has a type that is not read here',
    hint: 'see /api/v1/openapi.json',
  },
  too_much: {
    status: 422,
    title: 'the answer would be too large',
    hint: 'ask for less: a shorter range, fewer groups',
  },
  too_many_tokens: {
    status: 429,
    title: 'too many unknown tokens come from one place',
    hint: 'ask again when the time that is named is over; tokens that were let in before are taken meanwhile',
  },
  cancelled: { status: 499, title: 'the question was cancelled', hint: 'ask again' },
  internal: {
    status: 500,
    title: 'a fault of Margay',
    hint: "please report it with the lines that the server's log has for this request",
  },
  busy: { status: 503, title: 'too much work at once', hint: 'ask again in a moment' },
  unavailable: { status: 503, title: 'a part does not work now', hint: 'GET /api/v1/health says which and why' },
  timeout: { status: 504, title: 'the answer took too long', hint: 'ask for a shorter time range' },
  disk_full: { status: 507, title: 'the disk is full', hint: 'free space on the volume of the data directory' },
} as const satisfies { readonly [code: string]: Kind }

export type ProblemCode = keyof typeof problemKinds

interface Extra {
  readonly hint?: string | undefined
  readonly at?: { readonly from: number; readonly to: number } | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly cause?: unknown
}

/** An error with its answer. The detail names the thing and the value. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ProblemCode
  readonly hint: string | undefined
  readonly at: Extra['at']
  /** When asking again makes sense, where that is known. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ProblemCode, detail: string, extra: Extra = {}) {
    super(detail, { cause: extra.cause })
    this.code = code
    this.hint = extra.hint
    this.at = extra.at
    this.retryAfterSeconds = extra.retryAfterSeconds
  }
}

/** Codes of the parts below, as ours. */
const foreignCodes: Readonly<Record<string, ProblemCode>> = {
  timeout: 'timeout',
  memory: 'too_much',
  too_large: 'too_much',
  too_many_rules: 'too_much',
  cancelled: 'cancelled',
  busy: 'busy',
  queue_full: 'busy',
  disk_full: 'disk_full',
  not_durable: 'disk_full',
  store_behind: 'busy',
  not_written: 'unavailable',
  batch_gap: 'unavailable',
  ingest_ended: 'unavailable',
  ingest_starting: 'unavailable',
  objects_unread: 'unavailable',
  engine_died: 'unavailable',
  engine_failed: 'unavailable',
  closed: 'unavailable',
  bad_cursor: 'bad_cursor',
  bad_question: 'bad_request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'json_syntax',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
}

/** Libraries blame the caller by a status alone; a file that may not be read is as good as none. */
const blamedStatus: Readonly<Record<number, ProblemCode>> = { 400: 'bad_request', 403: 'not_found', 404: 'not_found' }

/** The error as one of ours, or undefined where it is a fault of ours. */
function known(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error
  if (!(error instanceof Error)) return undefined
  const { code, hint, statusCode } = error as Error & { readonly [member: string]: unknown }
  const ours =
    (typeof code === 'string' ? foreignCodes[code] : undefined) ??
    (typeof statusCode === 'number' ? blamedStatus[statusCode] : undefined)
  return ours && new ApiError(ours, error.message, { hint: typeof hint === 'string' ? hint : undefined, cause: error })
}

/** The answer to an error. `told` is false where its inside was kept back and belongs into the log. */
export function problemOf(error: unknown): { readonly problem: Problem; readonly told: boolean } {
  const ours = known(error)
  const code = ours?.code ?? 'internal'
  const { status, title, hint } = problemKinds[code]
  const problem: Problem = {
    type: `/api/v1/problems#${code}`,
    status,
    code,
    title,
    detail: ours?.message ?? 'something failed that should not fail',
    hint: ours?.hint ?? hint,
    ...(ours?.at && { at: ours.at }),
  }
  return { problem, told: ours !== undefined }
}

/** The page that `type` points at. */
export function problemsPage(): string {
  const lines = Object.entries(problemKinds).map(
    ([code, { status, title, hint }]) => `${code}\n    ${status}: ${title}. What to do: ${hint}.\n`,
  )
  return `Problems of the API\n\n${lines.join('\n')}`
}

// JSON at the door: integers over 2^53 keep their digits in both directions, and what is wrong with a body is said with its
// place.
import { parseJsonExact, printJsonExact } from '@margay/model'
import { z } from 'zod'
import { ApiError } from '../http/problem.ts'

/** Reads a body. Throws `json_syntax` with the engine's words, which name the place. */
export function readJson(text: string): unknown {
  try {
    return parseJsonExact(text)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new ApiError('json_syntax', `cannot read the body as JSON: ${words}`, { cause: error })
  }
}

/** Prints an answer. */
export function printJson(value: unknown): string {
  try {
    // Fast path: the engine's printer refuses bigint, which most answers do not hold.
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof TypeError) return printJsonExact(value)
    throw error
  }
}

/** Checks unknown input against a schema. Throws `bad_request` that names each member. */
export function decode<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  throw new ApiError(
    'bad_request',
    `${what}: ${read.error.issues.flatMap((issue) => issueTexts(issue, value)).join('; ')}`,
  )
}

/** A union says what each of its forms misses; the one that came furthest says it best. */
function issueTexts(issue: z.core.$ZodIssue, root: unknown): string[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0]!
    return nearest.flatMap((inner) => issueTexts({ ...inner, path: [...issue.path, ...inner.path] }, root))
  }
  if (issue.path.length === 0) return [inLower(issue.message)]
  return [`${issue.path.map(String).join('.')}: ${problemWith(issue, valueAt(root, issue.path))}`]
}

const inLower = (message: string) => message.replace(/^[A-Z]/, (letter) => letter.toLowerCase())

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  )

/** Longer values would hide what is said of them. */
const mostShown = 60

function shown(value: unknown): string {
  const text = printJson(value)
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text
}

/** What is wrong, and the value as it was sent: of a parameter that stands there twice, both. */
function problemWith({ code, message }: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && code === 'invalid_type') return 'is missing'
  if (value === undefined || code === 'unrecognized_keys') return inLower(message)
  return `${inLower(message).replace(/, received \w+$/, '')}, got ${shown(value)}`
}

const depth = (issues: readonly z.core.$ZodIssue[]): number =>
  Math.max(0, ...issues.map(({ path }) => path.length)) - issues.length

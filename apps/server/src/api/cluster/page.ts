// Pages of a list that is held in memory: a cursor is the place of the last item, by what the list is sorted by, so that a
// list that changes between two pages neither repeats nor loses what stayed.
import { ApiError } from '../../http/problem.ts'

/** What an item is sorted by, most significant first; the last must be unique. */
export type SortKey = readonly (string | number)[]

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly descending?: boolean
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly total: number
  readonly cursor?: string
}

function compareParts(a: string | number | undefined, b: string | number | undefined): number {
  if (a === b) return 0
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : 1
  return Number(a) - Number(b)
}

function compareKeys(a: SortKey, b: SortKey): number {
  for (const [index, part] of a.entries()) {
    const order = compareParts(part, b[index])
    if (order !== 0) return order
  }
  return 0
}

const writeCursor = (key: SortKey) => Buffer.from(JSON.stringify(key)).toString('base64url')

function readCursor(text: string, length: number): SortKey {
  try {
    const key: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    const isPart = (part: unknown) => typeof part === 'string' || typeof part === 'number'
    if (Array.isArray(key) && key.length === length && key.every(isPart)) return key
  } catch {
    // Told below, with everything else that is none of ours.
  }
  throw new ApiError('bad_cursor', `unknown cursor "${text}"`)
}

/** Sorts and cuts. Throws `bad_cursor` for a cursor of another list. */
export function pageOf<T>(list: readonly T[], keyOf: (item: T) => SortKey, request: PageRequest): Page<T> {
  const sign = request.descending ? -1 : 1
  const keyed = list.map((item) => ({ item, key: keyOf(item) }))
  keyed.sort((a, b) => sign * compareKeys(a.key, b.key))
  const first = keyed[0]
  const after = request.cursor === undefined || !first ? undefined : readCursor(request.cursor, first.key.length)
  const from = after ? keyed.findIndex(({ key }) => sign * compareKeys(key, after) > 0) : 0
  const page = from < 0 ? [] : keyed.slice(from, from + request.limit)
  const last = page.at(-1)
  const hasMore = last !== undefined && last !== keyed.at(-1)
  return { items: page.map(({ item }) => item), total: list.length, ...(hasMore && { cursor: writeCursor(last.key) }) }
}

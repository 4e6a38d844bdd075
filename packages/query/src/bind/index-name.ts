// The virtual field `_index`: Calico's indices are named `<base>.<cluster>.` and then a date or number that we do not have.
// A filter on it narrows the log type and the cluster.
import type { LogType } from '@margay/model'
import type { BoundFilter } from '../bound.ts'
import { always, some, test } from '../bound.ts'
import type { Literal } from '../filter.ts'

const clusterField = 'cluster'
/** The date at the end of an index's name: `.20261101`, `.2026.11.01`, `.fluentd-20261101-000001`. */
const date = /\.(?:fluentd-)?\d{4}[.-]?\d{2}[.-]?\d{2}[\d.-]*$/

/** What `_index: value` means for a log type. */
export function bindIndex(type: LogType, { pieces }: Literal): BoundFilter {
  const prefix = `${type.indexBase}.`
  const patterns = afterPrefix(withoutDate(pieces), prefix)
  return some(...patterns.flatMap(withoutPoint).map(clusterLike))
}

/** Characters that a date with its prefix and number may take. */
const longestDate = 48

function withoutDate(pieces: readonly string[]): readonly string[] {
  const last = pieces.at(-1)!
  const start = Math.max(0, last.length - longestDate)
  return [...pieces.slice(0, -1), last.slice(0, start) + last.slice(start).replace(date, '.')]
}

/** Every pattern that may remain once the prefix was matched by a beginning of the pattern. */
function afterPrefix(pieces: readonly string[], prefix: string): readonly (readonly string[])[] {
  const rest: (readonly string[])[] = []
  const seen = new Set<string>()
  const visit = (index: number, at: number) => {
    const piece = pieces[index]
    const state = `${index} ${at}`
    if (piece === undefined || seen.has(state)) return
    seen.add(state)
    const common = prefix.slice(at)
    if (piece.length >= common.length) {
      if (piece.startsWith(common)) rest.push([piece.slice(common.length), ...pieces.slice(index + 1)])
      return
    }
    if (!common.startsWith(piece) || index + 1 === pieces.length) return
    star(index + 1, at + piece.length)
  }
  const star = (index: number, at: number) => {
    rest.push(['', ...pieces.slice(index)])
    for (let next = at; next < prefix.length; next++) visit(index, next)
  }
  visit(0, 0)
  return unique(rest)
}

const unique = (patterns: readonly (readonly string[])[]) => [
  ...new Map(patterns.map((pattern) => [JSON.stringify(pattern), pattern])).values(),
]

/** The cluster may end where the pattern does, or at a point before its end or before a final star. */
function withoutPoint(pieces: readonly string[]): readonly (readonly string[])[] {
  const variants = [pieces]
  const ends = pieces.length > 1 && pieces.at(-1) === '' ? pieces.slice(0, -1) : pieces
  const last = ends.at(-1)!
  if (last.endsWith('.')) variants.push([...ends.slice(0, -1), last.slice(0, -1)])
  return variants
}

function clusterLike(pieces: readonly string[]): BoundFilter {
  if (pieces.length > 1 && pieces.join('') === '') return always
  return test(clusterField, pieces.length > 1 ? { kind: 'like', pieces } : { kind: 'equals', text: pieces[0]! })
}

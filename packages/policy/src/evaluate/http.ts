// The HTTP part of a rule, as Calico's application layer enforcement reads it. Paths are put into one form before they are
// compared, so that an encoded or dotted spelling of a path cannot slip past a rule; what still hides a separator after
// one decoding matches nothing.
import type { HttpMatch } from '../objects/policy.ts'

const hidden = /%2e|%2f|%5c|%00|\0/i

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function resolveSegments(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/').map((text) => text.split(';', 1)[0] ?? '')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  return `/${kept.join('/')}`
}

/** The path that rules are compared with, without a slash at its end; undefined when it matches no rule at all. */
export function normalizePath(raw: string): string | undefined {
  const path = raw.split(/[?#]/, 1)[0] ?? ''
  const decoded = path.startsWith('/') ? decodeOnce(path) : undefined
  if (decoded === undefined || hidden.test(decoded)) return undefined
  return resolveSegments(decoded.replaceAll('\\', '/'))
}

/** Prefixes end at the border of a segment: `/pub` covers `/pub/x` and not `/public`. */
function underPrefix(path: string, prefix: string): boolean {
  const stem = prefix.replace(/\/+$/, '')
  return path.startsWith(stem) && (path.length === stem.length || path.charAt(stem.length) === '/')
}

export function matchHttp(match: HttpMatch, request: { readonly method: string; readonly path: string }): boolean {
  const { methods, paths } = match
  if (methods?.length && !methods.includes('*') && !methods.includes(request.method)) return false
  if (!paths?.length) return true
  const path = normalizePath(request.path)
  if (path === undefined) return false
  return paths.some((want) =>
    'exact' in want ? path === (want.exact.replace(/\/+$/, '') || '/') : underPrefix(path, want.prefix),
  )
}

// The tokens of Calico's language.
import type { Span } from '../problem.ts'

export interface DslToken extends Span {
  /** `open` is a quote that does not close; `variable` is `${name}`. */
  readonly kind: 'word' | 'quoted' | 'open' | 'sign' | 'variable'
  /** What it stands for: without quotes and escapes. */
  readonly text: string
  readonly source: string
}

const pattern =
  /(?<variable>\$\{\s*[\w.-]+\s*\})|(?<quoted>"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*')|(?<open>["'][^]*)|(?<sign>[<>!=]=|&&|\|\||[(){},<>=:!])|(?<word>[^\s(){},<>=!"':]+(?::[^\s(){},<>=!"':]+)*:*)|(?<space>\s+)/gy

/** All tokens in order; white space is left out. Every character belongs to one. */
export function scanDsl(text: string): DslToken[] {
  const tokens: DslToken[] = []
  for (const match of text.matchAll(pattern)) {
    const [kind, source] = Object.entries(match.groups!).find(([, found]) => found !== undefined)!
    if (kind === 'space') continue
    tokens.push({
      kind: kind as DslToken['kind'],
      source: source,
      text: meaningOf(kind as DslToken['kind'], source),
      from: match.index,
      to: match.index + source.length,
    })
  }
  return tokens
}

function meaningOf(kind: DslToken['kind'], source: string): string {
  if (kind === 'variable') return source.slice(2, -1).trim()
  // A backslash escapes a quote and itself; before anything else it is itself.
  if (kind === 'quoted') return source.slice(1, -1).replace(/\\(["'\\])/g, '$1')
  return source
}

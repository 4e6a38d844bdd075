// The canonical text of a selector: what Calico's own printer writes, so that ids made from it agree with Felix'.
import { sha224 } from '@noble/hashes/sha2.js'
import type { Selector } from './ast.ts'

const quote = (text: string) => (text.includes('"') ? `'${text}'` : `"${text}"`)

const printSet = (values: readonly string[]) => `{${[...new Set(values)].sort().map(quote).join(', ')}}`

const operators = {
  equals: '==',
  'not-equals': '!=',
  contains: 'contains',
  'starts-with': 'starts with',
  'ends-with': 'ends with',
} as const

/** Canonical text; groups stand in parentheses, sets are sorted and without repetition. */
export function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return 'all()'
    case 'global':
      return 'global()'
    case 'has':
      return `has(${selector.label})`
    case 'in':
      return `${selector.label} in ${printSet(selector.values)}`
    case 'not-in':
      return `${selector.label} not in ${printSet(selector.values)}`
    case 'not':
      return `!${printSelector(selector.of)}`
    case 'and':
      return `(${selector.of.map(printSelector).join(' && ')})`
    case 'or':
      return `(${selector.of.map(printSelector).join(' || ')})`
    case 'equals':
    case 'not-equals':
    case 'contains':
    case 'starts-with':
    case 'ends-with':
      return `${selector.label} ${operators[selector.kind]} ${quote(selector.value)}`
  }
}

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function toBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const triple = a * 65536 + b * 256 + c
    const quad = [18, 12, 6, 0].map((shift) => base64url.charAt((triple >>> shift) & 63)).join('')
    text += quad.slice(0, Math.min(3, bytes.length - at) + 1)
  }
  return text
}

/** The id under which Felix programs the selector's IP set. */
export function selectorId(selector: Selector): string {
  return `s:${toBase64url(sha224(new TextEncoder().encode(`s:${printSelector(selector)}`)))}`
}

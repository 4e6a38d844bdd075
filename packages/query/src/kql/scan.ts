// KQL as a flat list of tokens, for what works on unfinished text: error messages, completion, the limit on nesting.
import type { Span } from '../problem.ts'
import type { WordKind } from './lexer.ts'
import { isWhiteSpace, readWord } from './lexer.ts'

export type TokenKind = WordKind | ':' | '<' | '<=' | '>' | '>=' | '(' | ')' | '{' | '}'

export interface Token extends Span {
  readonly kind: TokenKind
}

function readPunctuation(text: string, at: number): TokenKind {
  const first = text[at] as '<' | '>' | ':' | '(' | ')' | '{' | '}'
  return (first === '<' || first === '>') && text[at + 1] === '=' ? `${first}=` : first
}

/** All tokens of a text in order, white space left out. Never fails: each character belongs to a token or is white space. */
export function scan(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const peek = (offset: number) => (at + offset < text.length && at + offset >= 0 ? text.charCodeAt(at + offset) : -1)
  while (at < text.length) {
    if (isWhiteSpace(text.charCodeAt(at))) {
      at++
      continue
    }
    const word = readWord(peek)
    const kind = word?.kind ?? readPunctuation(text, at)
    const to = at + (word?.length ?? kind.length)
    tokens.push({ kind, from: at, to })
    at = to
  }
  return tokens
}

export const isLiteral = ({ kind }: Token): boolean => kind === 'Unquoted' || kind === 'Quoted' || kind === 'OpenQuote'

export const isComparison = ({ kind }: Token): boolean => kind === '<' || kind === '<=' || kind === '>' || kind === '>='

/** The brackets that are open at the end of the tokens, outermost first. A closing one without its opening one is ignored. */
export function openBrackets(tokens: readonly Token[]): readonly Token[] {
  const open: Token[] = []
  for (const token of tokens) {
    if (token.kind === '(' || token.kind === '{') open.push(token)
    else if (token.kind === ')' && open.at(-1)?.kind === '(') open.pop()
    else if (token.kind === '}' && open.at(-1)?.kind === '{') open.pop()
  }
  return open
}

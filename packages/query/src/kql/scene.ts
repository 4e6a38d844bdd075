// The surroundings of the place at which a query does not stand.
import type { Span } from '../problem.ts'
import type { Token } from './scan.ts'
import { isComparison, openBrackets } from './scan.ts'

export interface Scene {
  readonly text: string
  /** Tokens before the place. */
  readonly before: readonly Token[]
  /** The token at the place, absent at the end of the text. */
  readonly here: Token | undefined
  readonly after: readonly Token[]
}

/** The text of a token, empty if there is none. */
export const textOf = (scene: Scene, token: Token | undefined): string =>
  token ? scene.text.slice(token.from, token.to) : ''

/** The token at the place, or the end of the text. */
export function place({ text, here }: Scene): Span {
  return here ? { from: here.from, to: here.to } : { from: text.length, to: text.length }
}

export const isConjunction = ({ kind }: Token): boolean => kind === 'And' || kind === 'Or' || kind === 'Not'

/** The bracket that closes an opening one. */
export const closing = ({ kind }: Token): ')' | '}' => (kind === '(' ? ')' : '}')

/** Whether the tokens end within `field: ( … `. */
export function inValues(tokens: readonly Token[]): boolean {
  const open = openBrackets(tokens)
  return open.some((bracket) => bracket.kind === '(' && tokens[tokens.indexOf(bracket) - 1]?.kind === ':')
}

/** Whether something must follow these tokens, whatever brackets are open. */
export function isUnfinished(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1)
  return (
    last !== undefined &&
    (last.kind === ':' || last.kind === '(' || last.kind === '{' || isComparison(last) || isConjunction(last))
  )
}

/** A text cut to what a message bears. */
export const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text)

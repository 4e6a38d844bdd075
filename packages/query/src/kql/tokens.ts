// Hands the words of lexer.ts to the Lezer parser.
import { ExternalTokenizer } from '@lezer/lr'
import { And, Not, OpenQuote, Or, Quoted, Unquoted } from './terms.generated.ts'
import type { WordKind } from './lexer.ts'
import { readWord } from './lexer.ts'

const terms: { readonly [K in WordKind]: number } = { Unquoted, Quoted, OpenQuote, And, Or, Not }

export const literals = new ExternalTokenizer((input) => {
  const word = readWord((offset) => input.peek(offset))
  if (word) input.acceptToken(terms[word.kind], word.length)
})

// Slips in the syntax of KQL and their cures: habits from Lucene, SQL and programming, forgotten brackets, quotes and spaces.
import type { TextProblem } from '../problem.ts'
import { isWhiteSpace } from './lexer.ts'
import { printQuoted } from './literal.ts'
import type { Token } from './scan.ts'
import { isComparison, isLiteral, openBrackets } from './scan.ts'
import type { Scene } from './scene.ts'
import { closing, isUnfinished, place, shorten, textOf } from './scene.ts'

/** Knows one slip: gives its cure where the scene shows it. */
type Slip = (scene: Scene) => TextProblem | undefined

/** `bytes_in:>100` */
const colonBeforeComparison: Slip = (scene) => {
  const { before, here, after } = scene
  if (before.at(-1)?.kind !== ':' || !here || !isComparison(here)) return undefined
  const field = textOf(scene, before.at(-2))
  const operator = textOf(scene, here)
  const value = textOf(scene, after[0]) || '100'
  const colon = before.at(-1)!
  return {
    from: colon.from,
    to: here.to,
    message: `"${operator}" takes no colon before it`,
    hint: `write ${field} ${operator} ${value}`,
  }
}

/** `reporter: src && action: deny`, `a || b: c` */
const symbolsForWords: Slip = (scene) => {
  const last = scene.before.at(-1)
  if (last?.kind !== 'Unquoted') return undefined
  const match = /(?:^|\s)(&&|\|\||&|,)(?:\s|$)/.exec(textOf(scene, last))
  if (!match) return undefined
  const from = last.from + match.index + match[0].indexOf(match[1]!)
  const word = match[1] === '||' ? 'or' : 'and'
  return {
    from,
    to: from + match[1]!.length,
    message: `"${match[1]}" is part of the value here; the word between clauses is "${word}"`,
    hint: `write ${word} instead of ${match[1]}`,
  }
}

/** `a: b ANDNOT c: d`, `a: b and(c: d)`, `not(a: b)`, `a: denyAND b: c`, `(a: b)AND c: d` */
const gluedKeyword: Slip = (scene) => behindWord(scene) ?? beforeWord(scene)

function behindWord(scene: Scene): TextProblem | undefined {
  const last = scene.before.at(-1)
  const goesOn = scene.here?.kind === ':' || scene.here?.kind === '('
  if (last?.kind !== 'Unquoted' || !goesOn) return undefined
  const text = textOf(scene, last)
  const match =
    /(?:^|\s)(and|or)?(not)$|(?:^|\s)(and|or)$|(?:^|\s)(and|or)(not)\s/i.exec(text) ??
    // Keywords in capitals at the end of a word in small letters are no part of it.
    /[a-z0-9](AND|OR)(NOT)?\s/.exec(text)
  if (!match) return undefined
  const words = match.slice(1).filter((word) => word !== undefined)
  const written = words.join('')
  const from = last.from + match.index + match[0].indexOf(written)
  return glued(from, written, words)
}

/** A keyword that stands right after a bracket or a quote. */
function beforeWord(scene: Scene): TextProblem | undefined {
  const { here, before } = scene
  const isGlued = here?.kind === 'Unquoted' && before.at(-1)?.to === here.from
  const match = isGlued ? /^(and|or)(not)?(?=\s|$)/i.exec(textOf(scene, here)) : null
  if (!match) return undefined
  return glued(
    here!.from,
    match[0],
    match.slice(1).filter((word) => word !== undefined),
  )
}

const glued = (from: number, written: string, words: readonly string[]): TextProblem => ({
  from,
  to: from + written.length,
  message: `"${written}" is read as part of a value, for a keyword has white space on both sides`,
  hint: `write ${words.join(' ')} with a space before and after each word`,
})

/** `action: deny reporter: src` */
const missingConjunction: Slip = (scene) => {
  const { before, here } = scene
  const last = before.at(-1)
  const isSecondColon =
    here && (here.kind === ':' || isComparison(here)) && isLiteral(last ?? here) && isValue(before.slice(0, -1))
  if (!isSecondColon || last?.kind !== 'Unquoted') return undefined
  const text = textOf(scene, last)
  const start = startOfLastWord(text)
  if (start === 0) return addressWithColons(scene, last)
  const field = text.slice(start)
  return {
    from: last.from + start,
    to: here.to,
    message: `"and" or "or" is missing before ${shorten(field)}`,
    hint: `write ${shorten(text.slice(0, start).trim())} and ${shorten(field)}${textOf(scene, here)} …; to search for the text, quote it`,
  }
}

function startOfLastWord(text: string): number {
  let start = text.length
  while (start > 0 && !isWhiteSpace(text.charCodeAt(start - 1))) start--
  return start
}

/** Whether a literal after these tokens is a value, not a field. */
const isValue = (before: readonly Token[]) => {
  const last = before.at(-1)
  return last !== undefined && (last.kind === ':' || isComparison(last))
}

/** `dest_ip: fd77::1`, `image: a:b` */
function addressWithColons(scene: Scene, last: Token): TextProblem {
  const end = /[\s)}]/.exec(scene.text.slice(last.to))
  const value = scene.text.slice(last.from, end ? last.to + end.index : scene.text.length)
  return {
    ...place(scene),
    message: 'a colon within a value must be quoted or escaped',
    hint: `write ${printQuoted(value)}`,
  }
}

/** `dest_ip: ::1` */
const valueStartsWithColon: Slip = (scene) => {
  if (scene.here?.kind !== ':' || scene.before.at(-1)?.kind !== ':') return undefined
  return {
    ...place(scene),
    message: 'a value cannot start with a colon unless it is quoted',
    hint: 'quote the value, such as dest_ip: "::1"',
  }
}

/** `"a b"~2` and `"a" "b"` */
const afterQuoted: Slip = (scene) => {
  const last = scene.before.at(-1)
  if (last?.kind !== 'Quoted' || !scene.here || !isLiteral(scene.here)) return undefined
  if (textOf(scene, scene.here).startsWith('~')) {
    return { ...place(scene), message: 'KQL has no "~"', hint: 'use wildcards: *part*' }
  }
  return {
    ...place(scene),
    message: `"and" or "or" is missing before ${shorten(textOf(scene, scene.here))}`,
    hint: 'put and, or between the two; a quote within a value is written \\"',
  }
}

/** `not not a`, `a: not b`, `a not b` */
const notNot: Slip = (scene) => {
  if (scene.here?.kind !== 'Not') return undefined
  const last = scene.before.at(-1)
  if (last?.kind === 'Not') {
    return { ...place(scene), message: 'one "not" only', hint: 'write not (not …)' }
  }
  if (last?.kind === ':' || (last && isComparison(last))) {
    const field = textOf(scene, scene.before.at(-2))
    return {
      ...place(scene),
      message: '"not" stands before the field',
      hint: `write not ${field}: …, or ${field}: (not …), or quote the value`,
    }
  }
  return {
    ...place(scene),
    message: '"and" or "or" is missing before "not"',
    hint: 'write and not …, or quote the value',
  }
}

/** `(a: b` */
const openBracket: Slip = (scene) => {
  if (scene.here) return undefined
  const open = openBrackets(scene.before).at(-1)
  if (!open || isUnfinished(scene.before)) return undefined
  return {
    ...place(scene),
    message: `"${closing(open)}" is missing`,
    hint: `it closes the "${open.kind}" at character ${open.from + 1}`,
  }
}

/** `a: b)`, `(a: b}` */
const strayBracket: Slip = (scene) => {
  const { here, before } = scene
  if (isUnfinished(before)) return undefined
  if (here?.kind !== ')' && here?.kind !== '}') return undefined
  const open = openBrackets(before).at(-1)
  if (open && closing(open) === here.kind) return undefined
  return open
    ? {
        ...place(scene),
        message: `"${closing(open)}" is expected before "${here.kind}"`,
        hint: `it closes the "${open.kind}" at character ${open.from + 1}`,
      }
    : {
        ...place(scene),
        message: `"${here.kind}" closes nothing`,
        hint: 'take it away, or quote it if it is part of a value',
      }
}

/** `{400 TO 499}` without a field, `name {…}`. */
const braceWithoutField: Slip = (scene) => {
  if (scene.here?.kind !== '{' || scene.before.at(-1)?.kind === ':') return undefined
  return {
    ...place(scene),
    message: '"{" stands after a field and a colon only',
    hint: 'write policies: { … }, or quote the brace',
  }
}

/** `dest_port in (80, 443)` */
const sqlList: Slip = (scene) => {
  const last = scene.before.at(-1)
  if (scene.here?.kind !== '(' || last?.kind !== 'Unquoted') return undefined
  const match = /^(\S+)\s+(not\s+)?in$/i.exec(textOf(scene, last).slice(0, 200))
  if (!match) return undefined
  const negation = match[2] === undefined ? '' : 'not '
  return {
    from: last.from,
    to: scene.here.to,
    message: 'KQL has no "in"',
    hint: `write ${negation}${match[1]}: (a or b)`,
  }
}

/** `dest_port <> 80` */
const sqlUnequal: Slip = (scene) => {
  const last = scene.before.at(-1)
  if (scene.here?.kind !== '>' || last?.kind !== '<') return undefined
  const field = textOf(scene, scene.before.at(-2))
  return { from: last.from, to: scene.here.to, message: 'KQL has no "<>"', hint: `write not ${field}: …` }
}

/** The slips in the order in which they are tried. */
export const slips: readonly Slip[] = [
  sqlList,
  sqlUnequal,
  colonBeforeComparison,
  symbolsForWords,
  gluedKeyword,
  valueStartsWithColon,
  missingConjunction,
  afterQuoted,
  notNot,
  openBracket,
  strayBracket,
  braceWithoutField,
]

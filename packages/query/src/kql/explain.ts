// Words for a query that does not stand: what could be here, and the cure of the slip that was probably made. The place is
// the parser's; everything else is judged from the tokens around it.
import type { TextProblem } from '../problem.ts'
import type { Token } from './scan.ts'
import { isComparison, isLiteral, openBrackets } from './scan.ts'
import type { Scene } from './scene.ts'
import { closing, inValues, isConjunction, place, shorten, textOf } from './scene.ts'
import { slips } from './slips.ts'

/** Explains why a text cannot go on at `at`, the place where the strict parser stopped. */
export function explainSyntax(text: string, tokens: readonly Token[], at: number): TextProblem {
  let index = tokens.findIndex(({ to }) => to > at)
  if (index < 0) index = tokens.length
  const scene: Scene = { text, before: tokens.slice(0, index), here: tokens[index], after: tokens.slice(index + 1) }
  for (const slip of slips) {
    const cure = slip(scene)
    if (cure) return cure
  }
  return plain(scene)
}

/** What could stand at the place, from what stands before it. */
function expected({ before }: Scene): string {
  const last = before.at(-1)
  const previous = before.at(-2)
  const open = openBrackets(before).at(-1)
  if (!last) return 'a field, a value, "not" or "("'
  if (last.kind === ':') return 'a value, "(" or "{"'
  if (isComparison(last)) return 'a value'
  if (last.kind === '(' && previous?.kind === ':') return 'a value, "not" or "("'
  if (last.kind === '(' || last.kind === '{' || isConjunction(last)) {
    return inValues(before) ? 'a value, "not" or "("' : 'a field, a value, "not" or "("'
  }
  const close = open ? `"${closing(open)}"` : 'the end'
  const afterField = isLiteral(last) && !(previous && (previous.kind === ':' || isComparison(previous)))
  const operators = afterField && !inValues(before) ? '":", "<", "<=", ">", ">=", ' : ''
  return `${operators}"and", "or" or ${close}`
}

function plain(scene: Scene): TextProblem {
  const found = scene.here ? `"${shorten(textOf(scene, scene.here))}"` : 'the end of the query'
  return { ...place(scene), message: `${expected(scene)} expected, found ${found}` }
}

// Three-valued logic: yes, no, and "a fact is missing" (undefined). A definite no beats a missing fact, so an answer is
// unknown only where the fact would have mattered.
import type { MissingFact } from './flow.ts'

export type Answer = boolean | undefined

/** Takes note of a fact that was asked for and not there. */
export type Miss = (fact: MissingFact) => void

export type Condition = (miss: Miss) => Answer

/** All must hold. Facts are noted only if the whole is unknown: a no elsewhere makes them irrelevant. */
export function allOf(conditions: readonly Condition[], miss: Miss): Answer {
  const noted: MissingFact[] = []
  let answer: Answer = true
  for (const condition of conditions) {
    const part = condition((fact) => noted.push(fact))
    if (part === false) return false
    if (part === undefined) answer = undefined
  }
  if (answer === undefined) for (const fact of noted) miss(fact)
  return answer
}

/** Any must hold. */
export function anyOf(conditions: readonly Condition[], miss: Miss): Answer {
  const noted: MissingFact[] = []
  let answer: Answer = false
  for (const condition of conditions) {
    const part = condition((fact) => noted.push(fact))
    if (part === true) return true
    if (part === undefined) answer = undefined
  }
  if (answer === undefined) for (const fact of noted) miss(fact)
  return answer
}

export const negate = (answer: Answer): Answer => (answer === undefined ? undefined : !answer)

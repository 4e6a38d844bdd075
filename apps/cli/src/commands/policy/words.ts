// Counts in sentences.
import { formatCount } from '../../output/numbers.ts'

/** `1 flow`, `2 flows`. */
export const plural = (count: number, word: string): string => `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`

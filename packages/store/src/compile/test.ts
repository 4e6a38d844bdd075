// One test of one value as SQL, for each kind of test. What a test means is said in query's bound.ts; match.ts there says
// the same in memory, and a property test holds the two equal.
import type { Cidr } from '@margay/model'
import { parseIp } from '@margay/model'
import type { Test } from '@margay/query'
import { ipLiteral, likeLiteral, numberLiteral, textLiteral } from './literal.ts'
import type { Operand } from './operand.ts'

const never = '0'

const both = (a: string, b: string) => (a === '1' ? b : `(${a} AND ${b})`)

function equals(x: Operand, text: string): string {
  if (x.shape === 'text' || x.shape === 'hit') return `${x.sql} = ${textLiteral(text)}`
  if (x.shape === 'word') return x.words.includes(text) ? `${x.sql} = ${textLiteral(text)}` : never
  const address = x.shape === 'ip' ? parseIp(text) : undefined
  return address ? `${x.sql} = ${ipLiteral(address)}` : `${x.text} = ${textLiteral(text)}`
}

const maxUint64 = 0xffff_ffff_ffff_ffffn

/** Thresholds outside 64 bits decide by themselves; a column never holds such a number. */
function compareNumber(x: Operand, comparison: '<' | '<=' | '>' | '>=' | '=', value: bigint): string {
  const below = value < 0n
  if (below || value > maxUint64) {
    const holds = below ? comparison.startsWith('>') : comparison.startsWith('<')
    return holds ? '1' : never
  }
  const number = x.shape === 'time' ? `toUnixTimestamp(${x.sql})` : x.sql
  return `${number} ${comparison} ${numberLiteral(value)}`
}

function inBlock(x: Operand, { bytes, bits }: Cidr): string {
  const last = bytes.slice()
  for (let bit = bits; bit < 128; bit++) last[bit >> 3]! |= 0x80 >> (bit & 7)
  return `(${x.sql} >= ${ipLiteral(bytes)} AND ${x.sql} <= ${ipLiteral(last)})`
}

/** Texts are compared in lower case on both sides, which is how the matcher in memory folds them too. */
const lowered = (text: string) => text.toLowerCase()
const folded = (x: Operand) => `lowerUTF8(${x.text})`

function words(x: Operand, all: readonly string[]): string {
  if (all.length === 0) return '1'
  return `(${all.map((word) => `position(${folded(x)}, ${textLiteral(lowered(word))}) > 0`).join(' AND ')})`
}

function phrase(x: Operand, pieces: readonly string[]): string {
  return `${folded(x)} LIKE ${likeLiteral(['', ...pieces.map(lowered), ''])}`
}

const without = (prefix: string, sql: string) =>
  `if(startsWith(${sql}, ${prefix}), substring(${sql}, length(${prefix}) + 1), ${sql})`

/**
 * Query's `barePolicyName`, step by step. Each step is a map over a list of one name, because a lambda's variable is the
 * only way to use a value several times without writing it out as often.
 */
function isBareName(hit: string, text: string): string {
  const parts = `splitByChar('|', toString(${hit}))`
  const staged = textLiteral('staged:')
  const local = `[substring(${parts}[3], position(${parts}[3], '/') + 1)]`
  const first = `arrayMap(n -> ${without(staged, 'n')}, ${local})`
  const kubernetes = `arrayMap((n, t) -> ${without("concat('knp.', t, '.')", 'n')}, ${first}, [${parts}[2]])`
  const tiered = `arrayMap((n, t) -> ${without("concat(t, '.')", 'n')}, ${kubernetes}, [${parts}[2]])`
  const bare = `arrayMap(n -> ${without(staged, 'n')}, ${tiered})`
  return `(length(${parts}) >= 3 AND has(${bare}, ${text}))`
}

/** With a bar at both ends of both, "one part or several neighbouring parts" is "contains". */
function hit(x: Operand, text: string): string {
  const neighbours = `position(concat('|', ${x.sql}, '|'), ${textLiteral(`|${text}|`)}) > 0`
  const contained = `position(${x.sql}, ${textLiteral(text)}) > 0`
  return `(${contained} AND (${neighbours} OR ${isBareName(x.sql, textLiteral(text))}))`
}

/** Whether the value is there and passes. */
export function testSql(x: Operand, test: Test): string {
  const passes = conditionOf(x, test)
  return passes === never ? never : both(x.present, passes)
}

function conditionOf(x: Operand, test: Test): string {
  switch (test.kind) {
    case 'present':
      return '1'
    case 'equals':
      return equals(x, test.text)
    case 'like':
      return test.anyCase
        ? `${folded(x)} LIKE ${likeLiteral(test.pieces.map(lowered), test.gaps)}`
        : `${x.text} LIKE ${likeLiteral(test.pieces, test.gaps)}`
    case 'compareText':
      return `${x.text} ${test.comparison} ${textLiteral(test.text)}`
    case 'compareNumber':
      return compareNumber(x, test.comparison, test.value)
    case 'inBlock':
      return inBlock(x, test.cidr)
    case 'compareIp':
      return `${x.sql} ${test.comparison} ${ipLiteral(test.bytes)}`
    case 'isTrue':
      return `${x.sql} = 'true'`
    case 'isFalse':
      return `${x.sql} = 'false'`
    case 'words':
      return words(x, test.words)
    case 'phrase':
      return phrase(x, test.pieces)
    case 'hit':
      return hit(x, test.text)
  }
}

import { LRParser } from '@lezer/lr'
import { describe, expect, it, vi } from 'vitest'
import { parseKql } from './parse.ts'

/** Characters looked at, plus moves of the parser. */
function stepsOf(text: string): number {
  const looks = vi.spyOn(String.prototype, 'charCodeAt')
  let moves = 0
  const original: unknown = Object.getOwnPropertyDescriptor(LRParser.prototype, 'createParse')?.value
  const create = original as LRParser['createParse']
  const made = vi.spyOn(LRParser.prototype, 'createParse').mockImplementation(function (this: LRParser, ...args) {
    const parse = Reflect.apply(create, this, args)
    const advance = parse.advance.bind(parse)
    parse.advance = () => {
      moves++
      return advance()
    }
    return parse
  })
  parseKql(text)
  const steps = looks.mock.calls.length + moves
  looks.mockRestore()
  made.mockRestore()
  return steps
}

describe('the cost of parsing', () => {
  const texts: readonly (readonly [string, number, (n: number) => string])[] = [
    ['brackets', 64, (n) => `${'('.repeat(n)}action: deny${')'.repeat(n)}`],
    ['open brackets', 64, (n) => `${'('.repeat(n)}action: deny`],
    ['nested braces', 64, (n) => `${'a: {'.repeat(n)}b${'}'.repeat(n)}`],
    ['clauses', 500, (n) => Array.from({ length: n }, () => 'action: deny').join(' and ')],
    ['values of a list', 500, (n) => `x: (${Array.from({ length: n }, () => 'a').join(' or ')})`],
    ['negations in brackets', 64, (n) => `${'not ('.repeat(n)}a${')'.repeat(n)}`],
    ['spaces', 2000, (n) => `a${' '.repeat(n)}b`],
    ['words and spaces', 2000, (n) => 'an '.repeat(n)],
    ['characters in quotes', 2000, (n) => `"${'\\"'.repeat(n)}"`],
    ['open quotes', 2000, (n) => `a: "${'\\"'.repeat(n)}`],
    ['errors', 500, (n) => 'a: : '.repeat(n)],
    ['keywords', 500, (n) => 'and or not '.repeat(n)],
  ]
  it.each(texts)('is linear in the number of %s', (_, count, make) => {
    const [once, twice] = [stepsOf(make(count)), stepsOf(make(count * 2))]
    expect(once).toBeGreaterThan(count)
    expect(twice).toBeLessThanOrEqual(2.2 * once)
  })
})

import { highlightTree, tagHighlighter, tags } from '@lezer/highlight'
import { describe, expect, it } from 'vitest'
import { parser } from './parser.generated.ts'

const highlighter = tagHighlighter([
  { tag: tags.propertyName, class: 'field' },
  { tag: tags.operatorKeyword, class: 'keyword' },
  { tag: tags.string, class: 'string' },
  { tag: tags.literal, class: 'value' },
  { tag: tags.compareOperator, class: 'operator' },
  { tag: tags.invalid, class: 'invalid' },
])

function coloured(text: string): string[] {
  const found: string[] = []
  highlightTree(parser.parse(text), highlighter, (from, to, classes) =>
    found.push(`${classes} ${text.slice(from, to)}`),
  )
  return found
}

describe('highlighting', () => {
  it('tells fields, values, strings and keywords apart', () => {
    expect(coloured('not action: deny and "x": "y" or bytes_in >= 5')).toEqual([
      'keyword not',
      'field action',
      'value deny',
      'keyword and',
      'field "x"',
      'string "y"',
      'keyword or',
      'field bytes_in',
      'operator >=',
      'value 5',
    ])
  })

  it('goes on after an error', () => {
    expect(coloured('a: ) and b: "c')).toContain('field b')
    expect(coloured('a: "c')).toContain('invalid "c')
  })

  it('bears brackets deeper than the parser of queries takes', () => {
    expect(parser.parse('('.repeat(20_000)).length).toBe(20_000)
  })
})

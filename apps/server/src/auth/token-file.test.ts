import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTokenFile, parseTokens } from './token-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-tokens-'))
afterAll(() => rmSync(dir, { recursive: true }))

const alice = 'a'.repeat(32)
const robot = 'r'.repeat(32)

describe('the token file', () => {
  it.each([
    ['alice read', /line 2: NAME read\|send\|all TOKEN is expected/],
    [`alice read ${alice} more`, /line 2: NAME/],
    [`alice admin ${alice}`, /line 2: "admin" is no role/],
    ['alice read short-secret', /line 2: the token has 12 characters/],
    [`alice read ${alice}\nbob read ${alice}`, /line 3: the token is in the file twice/],
  ])('refuses %j and names the line', (text, message) => {
    expect(() => parseTokens(`# people\n${text}\n`)).toThrow(message)
    expect(() => parseTokens(`# people\n${text}\n`)).not.toThrow(/aaaa|short-secret/)
  })

  it('gives each role its rights and no other', async () => {
    const path = join(dir, 'roles')
    writeFileSync(path, `alice read ${alice}\n\n  robot\tsend  ${robot} \n`)
    const file = createTokenFile(path, () => undefined)
    const rightsOf = async (token: string) => {
      const found = await file.recall(token)
      const answers = await Promise.all((['read', 'send', 'scrape'] as const).map(async (right) => found?.may(right)))
      return answers.map((answer) => answer === true)
    }
    expect(await rightsOf(alice)).toEqual([true, false, true])
    expect(await rightsOf(robot)).toEqual([false, true, false])
    expect(await file.recall('x'.repeat(32))).toBeUndefined()
  })

  it('takes a changed file at once, and keeps what was good when the new one is wrong', async () => {
    const path = join(dir, 'changing')
    writeFileSync(path, `alice read ${alice}\n`)
    const troubles: string[] = []
    const file = createTokenFile(path, ({ message }) => troubles.push(message))
    writeFileSync(path, `robot send ${robot}\n`)
    expect(await file.recall(alice)).toBeUndefined()
    expect((await file.recall(robot))?.name).toBe('robot')
    writeFileSync(path, 'nonsense')
    expect((await file.recall(robot))?.name).toBe('robot')
    expect((await file.recall(robot))?.name).toBe('robot')
    expect(troubles).toEqual([expect.stringContaining('line 1')])
  })

  it('sees a change that came while it was being read, also one of the same length', async () => {
    const path = join(dir, 'racing')
    writeFileSync(path, `alice read ${alice}\n`)
    let isFirst = true
    const readAndChange = (at: string) => {
      const text = readFileSync(at, 'utf8')
      if (isFirst) writeFileSync(at, `alice read ${robot}\n`)
      isFirst = false
      return text
    }
    const file = createTokenFile(path, () => undefined, readAndChange)
    expect(await file.recall(alice)).toBeUndefined()
    expect((await file.recall(robot))?.name).toBe('alice')
  })

  it('does not start without its file', () => {
    expect(() => createTokenFile(join(dir, 'none'), () => undefined)).toThrow(/read the token file .*none: ENOENT/)
  })
})

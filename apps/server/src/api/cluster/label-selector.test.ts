import { printSelector } from '@margay/policy'
import { describe, expect, it } from 'vitest'
import { readLabelSelector } from './label-selector.ts'

describe('a label selector', () => {
  it.each([
    ['app=web', 'app == "web"'],
    ['app in(web, api)', 'app in {"web", "api"}'],
    ['app notin (web),!old', 'app not in {"web"} && !has(old)'],
    ["app == 'web' && has(tier)", 'app == "web" && has(tier)'],
  ])('is read in the form of kubectl or of Calico: %s', (text, printed) => {
    const { selector } = readLabelSelector(text)
    const { selector: expected } = readLabelSelector(printed)
    expect(selector && printSelector(selector)).toBe(expected && printSelector(expected))
  })

  it.each([
    ['app in (web', '")" is missing behind "app in (web"'],
    ['tier=a,app in (web', '")" is missing behind "app in (web"'],
    ['app in', '"(" is missing behind "app in"'],
    ['app notin web', '"(" is missing behind "app notin"'],
    ['app in ((web)', 'the values of "app in ((web)" are not in one pair of brackets'],
    ['app=web,', 'a condition is missing beside a comma'],
    ['app=web x', '"app=web x" is no condition'],
  ])('half typed in kubectl’s form says so in its words: %s', (text, fault) =>
    expect(readLabelSelector(text).error).toBe(`parse selector "${text}": ${fault}`),
  )

  it('half typed in Calico’s form names what was found as it is written', () => {
    expect(readLabelSelector("app in ('web'").error).toContain('unexpected ( at column 8; expected {')
    expect(readLabelSelector("app == 'web' &&").error).toContain('unexpected the end at column')
  })
})

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { palettes, type Palette, type Token } from './theme.ts'

const src = join(import.meta.dirname, '..')

const files = (dir: string): string[] =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })

/** A colour written out: `#a1b2c3`, `rgb(…)`, `oklch(…)`. */
const colour = /#[0-9a-f]{3,8}\b(?![\w-])|\b(?:rgba?|hsla?|oklch|lab|lch)\(/i

it('is the only file that names a colour', () => {
  const others = files(src).filter((path) => /\.(tsx?|css)$/.test(path) && !/theme\.ts$|\.test\.tsx?$/.test(path))
  expect(others.length).toBeGreaterThan(50)
  const guilty = others.filter((path) => colour.test(readFileSync(path, 'utf8').replace(/url\(#[^)]*\)/g, '')))
  expect(guilty.map((path) => relative(src, path))).toEqual([])
})

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const onGround: readonly Token[] = ['text', 'text-2', 'text-3', 'accent', 'allow', 'deny', 'deny-dest', 'warn']
const grounds: readonly Token[] = ['bg', 'surface', 'raised', 'sunken']
const chips: readonly (readonly [Token, Token])[] = [
  ['allow', 'allow-soft'],
  ['deny', 'deny-soft'],
  ['deny-dest', 'deny-dest-soft'],
  ['warn', 'warn-soft'],
  ['accent', 'accent-soft'],
  ['text', 'accent-soft'],
  ['text-2', 'accent-soft'],
  ['on-accent', 'accent'],
]
const pairs = [...onGround.flatMap((text) => grounds.map((ground) => [text, ground] as const)), ...chips]

describe.each(Object.entries(palettes))('in %s', (_, palette: Palette) => {
  it.each(pairs)('%s on %s has a contrast of 4.5 to 1', (text, ground) =>
    expect(contrast(palette[text], palette[ground])).toBeGreaterThanOrEqual(4.5),
  )
})

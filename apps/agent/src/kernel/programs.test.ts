import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { programs } from './programs.ts'

const root = join(import.meta.dirname, '../../../..')
const bpf = join(root, 'apps/agent/bpf')
const files = readdirSync(bpf).filter((name) => /\.[ch]$/.test(name))
const source = files.map((name) => readFileSync(join(bpf, name), 'utf8')).join('\n')

describe('kernel programs', () => {
  const written = [...source.matchAll(/SEC\("([^"]+)"\)\s*int (?:BPF_PROG\()?(\w+)/g)].map(
    ([, hook, name]) => `${name} ${hook}`,
  )

  it('are listed with their hooks, each and no other', () => {
    expect(written.length).toBeGreaterThan(5)
    expect(programs.map(({ name, hook }) => `${name} ${hook}`).sort()).toEqual(written.sort())
  })

  it('are each in the reference page, with what is missing without them', () => {
    const page = readFileSync(join(root, 'docs/reference/kernels.md'), 'utf8')
    for (const { name, since } of programs) {
      const line = page.split('\n').find((text) => text.startsWith('|') && text.includes(`\`${name}\``))
      expect([name, line?.includes(` ${since} |`)]).toEqual([name, true])
    }
  })

  it('carry the dual licence in every file', () => {
    expect(files.length).toBeGreaterThan(5)
    for (const name of files) {
      const first = readFileSync(join(bpf, name), 'utf8').split('\n')[0]
      expect(first).toContain('SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause')
    }
  })
})

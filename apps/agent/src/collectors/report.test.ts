import { describe, expect, it } from 'vitest'
import { collectors } from './index.ts'
import { reportCollectors } from './report.ts'

describe('what collectors say', () => {
  it('names each once, with its state', () => {
    const names = reportCollectors({}).map(({ name, state }) => `${name} ${state}`)
    expect(names).toEqual(collectors.map(({ name }) => `${name} starting`))
    expect(new Set(collectors.map(({ name }) => name)).size).toBe(collectors.length)
  })

  it('tells the fields that are missing where a program is', () => {
    const drops = { state: 'off', detail: 'the kernel program see_drop is not loaded' } as const
    const reported = reportCollectors({ drops, sockets: { state: 'off', detail: 'not needed: eBPF sees TCP' } })
    expect(reported.find(({ name }) => name === 'drops')).toMatchObject({
      state: 'off',
      missingFields: ['drop_reason', 'action'],
    })
    expect(reported.some(({ name }) => name === 'sockets')).toBe(false)
  })
})

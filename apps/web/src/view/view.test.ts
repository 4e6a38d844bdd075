import { describe, expect, it } from 'vitest'
import { parseSearch, printSearch } from './address.ts'
import { pill } from './pill.ts'
import { readView, sharedSearch, writeView, type View } from './view.ts'

const hostile = 'dest_domains: "a&b#c+d%25é" and not x: "say \\"hi\\" = 100 %" or y: C\\:\\\\dir & z'

const view: View = {
  range: { from: { at: 1_793_000_000 }, to: { at: 1_793_003_600 } },
  query: hostile,
  pills: [{ ...pill('action: deny'), negated: true, pinned: true }, pill('process_name: "a~b&f=c"')],
  zone: 'Asia/Kathmandu',
  live: false,
  selection: { kind: 'row', id: 'flows:1793000000:a&b#é' },
}

const throughAddress = (view: View): View => readView(parseSearch(printSearch(writeView(view))))

describe('the view in the address', () => {
  it('comes back whole from an address, whatever its query holds', () => expect(throughAddress(view)).toEqual(view))

  it('survives being written and read any number of times', () => {
    const once = printSearch(writeView(view))
    expect(printSearch(writeView(readView(parseSearch(once))))).toBe(once)
  })

  it('keeps a relative range relative and a fixed one fixed', () => {
    const range = { from: { ago: 900 }, to: { ago: 0 } }
    expect(throughAddress({ ...view, range }).range).toEqual(range)
    expect(printSearch(writeView({ ...view, range }))).toContain('from=now-15m')
    expect(printSearch(writeView(view))).toContain('from=2026-10-26')
  })

  it('has an empty address for the view that everyone starts with', () =>
    expect(printSearch(writeView(readView({})))).toBe(''))

  it('leaves out what it does not understand and keeps the rest', () => {
    const read = readView(parseSearch('?from=yesterday&q=action%3A+deny&f=nonsense&f=~proto%3A+udp&tz=Mars%2FOlympus'))
    expect(read).toMatchObject({ query: 'action: deny', pills: [pill('proto: udp')], zone: undefined })
    expect(read.range).toEqual({ from: { ago: 3600 }, to: { ago: 0 } })
  })

  it('is live only while the range ends now', () => {
    expect(readView({ live: '1' }).live).toBe(true)
    expect(readView({ live: '1', from: 'now-2h', to: 'now-1h' }).live).toBe(false)
  })

  it('takes time and filters to another page, and leaves the selection and the page’s own names', () => {
    const shared = sharedSearch({ ...writeView(view), log: 'dns', sort: '-start_time' })
    expect(readView(shared)).toEqual({ ...view, selection: undefined })
    expect(shared).not.toHaveProperty('log')
  })
})

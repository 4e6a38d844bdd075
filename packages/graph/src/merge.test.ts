import { describe, expect, it } from 'vitest'
import { isExact } from './amounts.ts'
import { shareOut } from './settle.ts'
import { flow, pictureOf, searchOf } from './testing/rows.ts'

const edges = (rows: Parameters<typeof pictureOf>[0]) =>
  Object.fromEntries(
    pictureOf(rows, { level: 'workload' }).edges.map((edge) => [
      edge.id.replaceAll('workload/', ''),
      { verdict: edge.verdict, share: edge.deniedShare, ...edge.tally },
    ]),
  )

describe('what counts', () => {
  it('takes the source report where both sides reported, and nothing of the other', () => {
    const found = edges([
      flow('a/x', 'b/y', { num_flows: 3, bytes_out: 300, bytes_in: 900, packets_out: 3, packets_in: 9 }),
      flow('a/x', 'b/y', { reporter: 'dst', counts: false, num_flows: 3, bytes_in: 300, bytes_out: 901 }),
    ])
    expect(found['a/x > b/y']!.total).toEqual({ connections: 3, packets: 12, sent: 300, received: 900 })
  })

  it('takes the destination report where nobody covered the source, seen from the source', () => {
    const found = edges([flow('a/x', 'b/y', { reporter: 'dst', counts: true, bytes_in: 7, bytes_out: 90 })])
    expect(found['a/x > b/y']!.total).toMatchObject({ sent: 7, received: 90 })
  })

  it('denies when the destination denies what the source believed allowed, and shows it apart', () => {
    const found = edges([
      flow('dev/client', 'prod/api', { dest_port: 443, num_flows: 4, bytes_out: 240 }),
      flow('dev/client', 'prod/api', {
        dest_port: 443,
        reporter: 'dst',
        counts: false,
        action: 'deny',
        num_flows: 4,
        bytes_in: 240,
      }),
    ])
    const edge = found['dev/client > prod/api']!
    expect(edge).toMatchObject({ verdict: 'denied_at_destination', share: 1 })
    expect(edge.total).toMatchObject({ connections: 4, sent: 240 })
    expect(edge.allowed).toMatchObject({ connections: 0, sent: 0 })
    expect(edge.deniedAtDestination).toMatchObject({ connections: 4, sent: 240 })
    expect(edge.deniedAtSource.connections).toBe(0)
  })

  it('denies at the source, with the source report alone', () => {
    const found = edges([flow('dev/client', 'prod/db', { action: 'deny', num_flows: 2 })])
    expect(found['dev/client > prod/db']).toMatchObject({ verdict: 'denied_at_source', share: 1 })
  })

  it('is mixed with its share where one port is denied and another allowed', () => {
    const found = edges([
      flow('a/x', 'b/y', { dest_port: 80, num_flows: 88 }),
      flow('a/x', 'b/y', { dest_port: 81, num_flows: 12, action: 'deny' }),
    ])
    expect(found['a/x > b/y']).toMatchObject({ verdict: 'mixed', share: 0.12 })
  })

  it('keeps shares within one where the destination saw more than the source sent', () => {
    const found = edges([
      flow('a/x', 'b/y', { num_flows: 3 }),
      flow('a/x', 'b/y', { reporter: 'dst', counts: false, action: 'deny', num_flows: 5 }),
    ])
    const edge = found['a/x > b/y']!
    expect(edge.total.connections).toBe(3)
    expect(edge.allowed.connections).toBe(0)
    expect(edge).toMatchObject({ verdict: 'denied_at_destination', share: 1 })
  })

  it('shows a denial whose counted report the filter left out', () => {
    const found = edges([flow('a/x', 'b/y', { reporter: 'dst', counts: false, action: 'deny', num_flows: 5 })])
    expect(found['a/x > b/y']).toMatchObject({ verdict: 'denied_at_destination', total: { connections: 5 } })
  })

  it('does not count a second observer of the same end', () => {
    const denied = { reporter: 'dst', counts: false, action: 'deny', num_flows: 5 }
    const found = edges([
      flow('a/x', 'b/y', { num_flows: 10 }),
      flow('a/x', 'b/y', { counts: false, origin: 'felix', num_flows: 10 }),
      flow('a/x', 'b/y', denied),
      flow('a/x', 'b/y', { ...denied, origin: 'felix' }),
    ])
    expect(found['a/x > b/y']).toMatchObject({ verdict: 'mixed', share: 0.5, total: { connections: 10 } })
  })

  it('never counts a forwarder', () => {
    const found = edges([flow('a/x', 'b/y'), flow('a/x', 'b/y', { reporter: 'fwd', num_flows: 1 })])
    expect(found['a/x > b/y']!.total.connections).toBe(1)
  })

  it('puts a denial on the way at the source, once, however often it is told', () => {
    const denied = { action: 'deny', num_flows: 4 }
    const fwd = { ...denied, reporter: 'fwd', counts: false }
    const alone = edges([flow('a/x', 'b/y', fwd)])
    expect(alone['a/x > b/y']).toMatchObject({ verdict: 'denied_at_source', deniedAtSource: { connections: 4 } })
    const told = edges([flow('a/x', 'b/y', denied), flow('a/x', 'b/y', { num_flows: 6 }), flow('a/x', 'b/y', fwd)])
    expect(told['a/x > b/y']).toMatchObject({
      total: { connections: 10 },
      allowed: { connections: 6 },
      deniedAtSource: { connections: 4 },
      deniedAtDestination: { connections: 0 },
    })
    const unseen = edges([flow('a/x', 'b/y', { num_flows: 6 }), flow('a/x', 'b/y', fwd)])
    expect(unseen['a/x > b/y']).toMatchObject({ allowed: { connections: 2 }, deniedAtSource: { connections: 4 } })
  })

  it('leaves no connection allowed of which no packet was', () => {
    const found = edges([
      flow('a/x', 'b/y', { num_flows: 60, packets_out: 60, bytes_out: 3120 }),
      flow('a/x', 'b/y', {
        reporter: 'dst',
        counts: false,
        action: 'deny',
        num_flows: 59,
        packets_in: 60,
        bytes_in: 3600,
      }),
    ])
    expect(found['a/x > b/y']).toMatchObject({
      verdict: 'denied_at_destination',
      share: 1,
      deniedAtDestination: { connections: 60 },
    })
  })

  it('shares a denial among the processes of the source by what each sent', () => {
    const host = { source_type: 'hep', source_namespace: '-' }
    const picture = pictureOf([
      flow('-/node', 'b/y', { ...host, process_name: 'curl', num_flows: 6 }),
      flow('-/node', 'b/y', { ...host, process_name: 'wget', num_flows: 2 }),
      flow('-/node', 'b/y', { ...host, reporter: 'dst', counts: false, action: 'deny', num_flows: 4 }),
    ])
    const denied = picture.edges.map(({ source, tally }) => [source, tally.deniedAtDestination.connections])
    expect(denied).toEqual([
      ['process/node//curl', 3],
      ['process/node//wget', 1],
    ])
    expect(picture.total.deniedAtDestination.connections).toBe(4)
  })

  it('puts the listener of a host into its container, as where it is a source', () => {
    const host = { dest_type: 'hep', dest_namespace: '-' }
    const picture = pictureOf([
      flow('a/x', '-/node', { ...host, process_name: 'curl' }),
      flow('a/x', '-/node', { ...host, reporter: 'dst', counts: false, process_name: 'nginx', container: 'c1' }),
    ])
    expect(picture.edges.map(({ dest }) => dest)).toEqual(['container/node/c1'])
  })

  it('names the listener of a host from its own reports', () => {
    const host = { dest_type: 'hep', dest_namespace: '-' }
    const picture = pictureOf([
      flow('a/x', '-/node', { ...host, process_name: 'curl' }),
      flow('a/x', '-/node', { ...host, reporter: 'dst', counts: false, process_name: 'nginx' }),
    ])
    expect(picture.edges.map(({ dest }) => dest)).toEqual(['process/node//nginx'])
  })

  it('says when a sum is beyond what a number holds exactly', () => {
    expect(isExact(pictureOf([flow('a/x', 'b/y', { bytes_out: 10 })]).total)).toBe(true)
    expect(isExact(pictureOf([flow('a/x', 'b/y', { bytes_out: 18446744073709551615n })]).total)).toBe(false)
  })
})

describe('live rows of a search that may hold one report of two', () => {
  const sent = flow('a/x', 'b/y', { num_flows: 3 })
  const arrived = flow('a/x', 'b/y', { reporter: 'dst', counts: false, num_flows: 3 })
  const refused = { ...arrived, action: 'deny', num_flows: 2 }
  const connections = (stored: Parameters<typeof searchOf>[0], live: Parameters<typeof searchOf>[1]) => {
    const { total, allowed, deniedAtSource, deniedAtDestination } = searchOf(stored, live).total
    return [total, allowed, deniedAtSource, deniedAtDestination].map((amounts) => amounts.connections)
  }

  it.each([
    ['the destination, where only it is held', [], [arrived, refused], [5, 3, 0, 2]],
    ['the source, where both are held', [], [sent, arrived], [3, 3, 0, 0]],
    ['the source, whichever came first', [], [arrived, sent], [3, 3, 0, 0]],
    ['the source, where the answer of the store holds it', [sent], [arrived], [3, 3, 0, 0]],
    ['the source, less what the destination denied of it', [sent], [refused], [3, 1, 0, 2]],
    ['both denials, which are of different connections', [], [{ ...sent, action: 'deny' }, refused], [5, 0, 3, 2]],
    ['a source that was away, where only it is held', [], [{ ...sent, counts: false }], [3, 3, 0, 0]],
    [
      'the destination, where it stands for a source that was away',
      [],
      [
        { ...sent, counts: false },
        { ...arrived, counts: true },
      ],
      [3, 3, 0, 0],
    ],
    ['a forwarder for what it denied, where no end tells', [], [{ ...refused, reporter: 'fwd' }], [2, 0, 2, 0]],
    ['no forwarder for what it let through', [], [{ ...arrived, reporter: 'fwd' }], [0, 0, 0, 0]],
  ])('counts %s', (_, stored, live, expected) => expect(connections(stored, live)).toEqual(expected))

  it('leaves alone what the store has decided', () =>
    expect(connections([arrived, { ...refused, counts: true }], [])).toEqual([2, 0, 0, 2]))
})

it.each([
  [10, [1, 1, 1], [3, 3, 4]],
  [4, [6, 2], [3, 1]],
  [5, [0, 0], [5, 0]],
  [0, [3, 4], [0, 0]],
])('shares %i out by %j in whole parts', (amount, weights, parts) => {
  expect(shareOut(amount, weights)).toEqual(parts)
})

import { buildPicture, createGroupTable, defaultView, mergeReporters } from '@margay/graph'
import { describe, expect, it } from 'vitest'
import { worldLayout, worldPicture, worldTable } from './bench/world.ts'
import { hitAt, neighbourIn } from './hit.ts'
import { highlightOf } from './highlight.ts'
import { badgeRect, buildScene, rateText, widths } from './scene.ts'
import { pointAt } from './edge-path.ts'

const options = { measure: 'bytes', seconds: 60 } as const

function sceneOf(rows: readonly object[]) {
  const table = createGroupTable()
  for (const row of rows) table.addRow({ reporter: 'src', counts: true, action: 'allow', num_flows: 1, ...row })
  const picture = buildPicture(mergeReporters([table]), defaultView)
  return buildScene(picture, worldLayout(picture), options)
}

const from = (name: string) => ({ source_type: 'wep', source_namespace: 'a', source_name_aggr: name })
const to = (name: string) => ({ dest_type: 'wep', dest_namespace: 'b', dest_name_aggr: name })

describe('a scene', () => {
  it('paints what is denied over what is allowed, and marks who was refused at home', () => {
    const scene = sceneOf([
      { ...from('x'), ...to('db'), action: 'deny' },
      { ...from('x'), ...to('web'), bytes_out: 100 },
    ])
    expect(scene.edges.map(({ edge }) => edge.verdict)).toEqual(['allowed', 'denied_at_source'])
    expect(scene.vertices.filter(({ denies }) => denies).map(({ vertex }) => vertex.label)).toEqual(['x'])
  })

  it('labels denials, and only the five heaviest of the rest', () => {
    const heavy = Array.from({ length: 9 }, (_, at) => ({ ...from('x'), ...to(`w${at}`), bytes_out: 1000 * (at + 1) }))
    const scene = sceneOf([...heavy, { ...from('x'), ...to('db'), action: 'deny', num_flows: 412 }])
    const labels = scene.edges.flatMap(({ label }) => (label === undefined ? [] : [label]))
    expect(labels).toHaveLength(6)
    expect(labels).toContain('412 denied')
    expect(labels).toContain('150 B/s')
  })

  it('says the share where only a part is denied', () => {
    const scene = sceneOf([
      { ...from('x'), ...to('y'), num_flows: 88, dest_port: 80 },
      { ...from('x'), ...to('y'), num_flows: 12, dest_port: 81, action: 'deny' },
    ])
    expect(scene.edges[0]).toMatchObject({ label: '12 % denied', edge: { verdict: 'mixed' } })
  })

  it('holds five thousand vertices and thirty thousand edges', () => {
    const picture = worldPicture(worldTable({ workloads: 5000, namespaces: 100, groups: 30_000 }))
    const scene = buildScene(picture, worldLayout(picture), options)
    expect([scene.vertices.length, scene.edges.length]).toEqual([5000, 30_000])
  })
})

describe('signs of where a vertex goes outside', () => {
  const scene = sceneOf([
    { ...from('x'), dest_type: 'net', dest_name_aggr: 'pub' },
    { ...from('x'), dest_type: 'ns', dest_name_aggr: 'partners', action: 'deny' },
    { ...from('x'), ...to('web') },
  ])
  const vertex = scene.vertices.find(({ vertex }) => vertex.label === 'x')!
  const middle = (at: number) => {
    const { x, y, width, height } = badgeRect(vertex, vertex.badges[at]!)
    return { x: x + width / 2, y: y + height / 2 }
  }

  it('are one for each kind, and say where something was denied', () =>
    expect(vertex.badges.map(({ icon, denied }) => [icon, denied])).toEqual([
      ['globe', false],
      ['networkSet', true],
    ]))

  it('are hit as the edge to there, and make the vertex no larger', () => {
    expect(hitAt(scene, middle(0), 1)).toEqual({ kind: 'edge', id: 'workload/a/x > network/dest/pub' })
    expect(hitAt(scene, middle(1), 1)).toEqual({ kind: 'edge', id: 'workload/a/x > set//partners' })
    const alone = sceneOf([{ ...from('x'), ...to('web') }]).vertices.find(({ vertex }) => vertex.label === 'x')!
    expect([vertex.width, vertex.height]).toEqual([alone.width, alone.height])
  })

  it('are not hit where they are too small to be seen', () =>
    expect(hitAt(scene, middle(0), 0.3)?.kind).not.toBe('edge'))

  it('make both ends stand out, also where the edge is not drawn', () => {
    const all = highlightOf(
      scene,
      { selected: 'workload/a/x > kind/ns/', hovered: undefined, focused: undefined },
      options,
    )
    expect(all?.vertices.map(({ vertex }) => vertex.label)).toEqual(['x'])
  })
})

describe('width', () => {
  it('is the logarithm of the rate', () => {
    const width = widths([1, 10, 100])
    expect(width(10) - width(1)).toBeCloseTo(width(100) - width(10))
    expect(width(0)).toBeLessThanOrEqual(width(1))
  })

  it.each([
    [41e6, 'bytes', '41 MB/s'],
    [0.5, 'bytes', '30 B/min'],
    [0, 'bytes', '0 B/s'],
    [2, 'connections', '2 /s'],
  ] as const)('of %d %s reads %s', (rate, measure, text) => expect(rateText(rate, measure)).toBe(text))
})

describe('the pointer', () => {
  const scene = sceneOf([{ ...from('x'), ...to('y') }])
  it('finds vertices before edges before boxes', () => {
    const [vertex] = scene.vertices
    const [edge] = scene.edges
    const [box] = scene.boxes
    expect(hitAt(scene, { x: vertex!.x + 5, y: vertex!.y + 5 }, 1)).toEqual({ kind: 'vertex', id: vertex!.vertex.id })
    expect(hitAt(scene, pointAt(edge!.path, 0.5), 1)).toEqual({ kind: 'edge', id: edge!.edge.id })
    expect(hitAt(scene, { x: box!.x + 3, y: box!.y + 3 }, 1)).toEqual({ kind: 'box', id: box!.box.id })
    expect(hitAt(scene, { x: -999, y: -999 }, 1)).toBeUndefined()
  })

  it('fades all but what is connected', () => {
    const world = sceneOf([
      { ...from('x'), ...to('y') },
      { ...from('z'), ...to('w') },
    ])
    const attention = { selected: undefined, hovered: 'workload/a/x', focused: undefined }
    const highlight = highlightOf(world, attention, options)
    expect(highlight?.vertices.map(({ vertex }) => vertex.label).sort()).toEqual(['x', 'y'])
    expect(highlight?.edges).toHaveLength(1)
    expect(highlightOf(world, { ...attention, hovered: undefined }, options)).toBeUndefined()
  })
})

it('goes to the nearest vertex in the direction of an arrow', () => {
  const scene = sceneOf([{ ...from('x'), ...to('y') }])
  expect(neighbourIn(scene, 'workload/a/x', 'right')).toBe('workload/b/y')
  expect(neighbourIn(scene, 'workload/b/y', 'left')).toBe('workload/a/x')
  expect(neighbourIn(scene, 'workload/b/y', 'right')).toBeUndefined()
})

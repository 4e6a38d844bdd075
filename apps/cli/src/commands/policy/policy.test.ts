import { emptySnapshot, parseAddress, parseSnapshot } from '@margay/policy'
import { describe, expect, it } from 'vitest'
import { stepsOf } from './cluster.ts'
import { readEnd } from './end.ts'
import { readManifestText } from './manifests.ts'
import { createSeries, withPods } from './series.ts'

describe('an end', () => {
  it.each([
    ['shop/web', { pod: 'shop/web' }, undefined],
    ['shop/web:80', { pod: 'shop/web' }, '80'],
    ['shop/web:http', { pod: 'shop/web' }, 'http'],
    ['10.0.0.1', { address: parseAddress('10.0.0.1') }, undefined],
    ['10.0.0.1:53', { address: parseAddress('10.0.0.1') }, '53'],
    ['fd00::1', { address: parseAddress('fd00::1') }, undefined],
    ['[fd00::1]:443', { address: parseAddress('fd00::1') }, '443'],
    ['[fd00::1]', { address: parseAddress('fd00::1') }, undefined],
    ['::ffff:10.0.0.1', { address: parseAddress('10.0.0.1') }, undefined],
  ])('%s is read', (text, end, port) => {
    expect(readEnd('--to', text)).toEqual(port === undefined ? { end } : { end, port })
  })

  it.each([
    '',
    'web',
    'web:80',
    '/',
    'shop/',
    '/web',
    'a/b/c',
    '10.0.0.256',
    '[10.0.0]:1',
    'shop/web:',
    'shop/web:1:2',
  ])('"%s" is refused', (text) =>
    expect(() => readEnd('--to', text)).toThrow('namespace/pod:port or address:port is expected'),
  )
})

describe('a manifest', () => {
  const text = `kind: List
items:
  - kind: A
    spec:
      &rules
      ingress:
        - from: [{ ipBlock: { cidr: x } }]
  - kind: B
    spec: *rules
---
kind: C
metadata:
  annotations:
    a.b/c: d
`
  const placed = (source: string, index: number, path: string) =>
    readManifestText(source, 'f').manifests[index]!.placeOf(stepsOf(path))

  it.each([
    [0, '', 3, 1],
    [0, 'spec.ingress[0].from[0].ipBlock.cidr', 7, 1],
    [0, 'spec.ingress[9].from', 6, 1],
    [1, 'spec.egress', 9, 1],
    [2, 'metadata.annotations[a.b/c]', 14, 2],
    [2, 'spec', 11, 2],
  ])('number %d has %s at line %d', (index, path, line, document) => {
    expect(placed(text, index, path)).toEqual({ file: 'f', line, document })
  })

  it('has lines as JSON too, and lists within lists', () => {
    const json = '{"kind":"List","items":[\n{"kind":"XList","items":[\n{"kind":"A"},\n{"kind":"B",\n"spec":1}]}]}'
    expect(placed(json, 1, 'spec')).toEqual({ file: 'f', line: 5, document: 1 })
  })
})

describe('series', () => {
  const row = (change: Record<string, unknown>) => ({
    start_time: 100,
    proto: 'tcp',
    source_type: 'wep',
    source_namespace: 'shop',
    source_name: '-',
    source_name_aggr: 'web-*',
    'source_labels.labels': ['app=web'],
    dest_type: 'hep',
    dest_name_aggr: 'n1',
    dest_ip: '192.0.2.1',
    dest_port: 443,
    ...change,
  })

  it('merge both reporters and all intervals, and gather the names that were asked for', () => {
    const series = createSeries()
    series.add(row({ dest_domains: ['a.test'] }))
    series.add(row({ start_time: 110, dest_domains: ['b.test'], reporter: 'dst' }))
    series.add(row({ action: 'deny' }))
    expect(series.flows([])).toEqual([
      {
        isDenied: true,
        flow: {
          source: { pod: 'shop/web-*' },
          destination: { address: parseAddress('192.0.2.1'), domains: ['a.test', 'b.test'] },
          protocol: 6,
          port: 443,
        },
      },
    ])
  })

  it('name a host endpoint where a snapshot has it', () => {
    const series = createSeries()
    series.add(row({}))
    const host = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'HostEndpoint',
      metadata: { name: 'n1' },
      spec: { node: 'n1', interfaceName: '*' },
    }
    const { snapshot } = parseSnapshot([host])
    expect(series.flows([emptySnapshot, snapshot])[0]!.flow.destination).toMatchObject({ hostEndpoint: 'n1' })
  })

  it('know a pod by its newest labels, and leave what files say of it alone', () => {
    const series = createSeries()
    series.add(row({ start_time: 200, 'source_labels.labels': ['app=new', 'a=b=c'] }))
    series.add(row({}))
    const [pod] = series.pods()
    expect(pod).toMatchObject({
      name: 'web-*',
      labels: new Map([
        ['app', 'new'],
        ['a', 'b=c'],
      ]),
      ports: undefined,
    })
    const known = { ...emptySnapshot, pods: [{ ...pod!, ports: [] }] }
    expect(withPods(known, series.pods()).pods).toEqual(known.pods)
  })

  it('count what stays inside one pod, and refuse a row without a protocol', () => {
    const series = createSeries()
    expect(series.add(row({ local: true }))).toEqual([])
    expect(series.add(row({ proto: undefined }))).toEqual([
      { field: 'proto', value: 'undefined', problem: 'is missing' },
    ])
    expect([series.localRows(), series.flows([])]).toEqual([1, []])
  })
})

import type { ObjectRow } from '@margay/model'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ClusterObject } from './object.ts'
import { versionOfRow } from './object-row.ts'
import { createObjectState } from './object-state.ts'
import { readClusterObject } from './read-object.ts'
import type { Recorder } from './recorder.ts'
import { createRecorder } from './recorder.ts'

const object = (name: string, more: { uid?: string; kind?: string; app?: string } = {}): ClusterObject => {
  const read = readClusterObject({
    apiVersion: 'v1',
    kind: more.kind ?? 'Pod',
    metadata: { name, namespace: 'shop', uid: more.uid ?? `uid-${name}`, labels: { app: more.app ?? 'a' } },
  })
  if (read.kind !== 'object') throw new Error(JSON.stringify(read))
  return read.object
}

let seconds: number
let rows: ObjectRow[]
let told: string[]

const unseen = (since: number | undefined) => (since === undefined ? '' : ` unseen since ${since}`)
const open = (): Recorder =>
  createRecorder({
    cluster: 'c',
    clock: () => seconds * 1000,
    write: (more) => rows.push(...more),
    sinks: [
      {
        put: ({ name, labels }, at, since) => told.push(`put ${name} ${labels['app']} ${at}${unseen(since)}`),
        remove: (uid, at, since) => told.push(`remove ${uid} ${at}${unseen(since)}`),
      },
    ],
  })
const versions = () => rows.map((row) => versionOfRow(row)!)
const changes = () => rows.map(({ change, name }) => `${change} ${name}`)

beforeEach(() => {
  seconds = 1000
  rows = []
  told = []
})

describe('the recorder', () => {
  it('passes on what the demo tells, at its own moments, and writes nothing of it', () => {
    const recorder = open()
    const version = (change: 'present' | 'modified' | 'deleted', time: number, app: string) =>
      ({ object: object('web', { app }), origin: 'demo', change, time, sequence: time }) as const
    recorder.told([version('present', 10, 'a'), version('modified', 20, 'b'), version('deleted', 30, 'b')])
    recorder.restored([])
    expect(told).toEqual(['put web a 0', 'put web b 20', 'remove uid-web 30'])
    expect(rows).toEqual([])
  })

  it('tells sinks and the log of each version once', () => {
    const source = open().source('kubernetes')
    source.put(object('web'), true)
    source.put(object('web'), false)
    seconds = 1010
    source.put(object('web', { app: 'b' }), false)
    source.put(object('new'), false)
    seconds = 1020
    source.remove('uid-web')
    source.remove('uid-web')
    expect(told).toEqual(['put web a 0', 'put web b 1010', 'put new a 1010', 'remove uid-web 1020'])
    expect(changes()).toEqual(['present web', 'modified web', 'added new', 'deleted web'])
    expect(rows.map(({ time }) => time)).toEqual([1000, 1010, 1010, 1020])
  })

  it('numbers its rows so that those of one second have an order', () => {
    const source = open().source('kubernetes')
    for (const app of ['a', 'b', 'c', 'd']) source.put(object('web', { app }), false)
    const backwards = createObjectState()
    for (const version of versions().reverse()) backwards.apply(version)
    expect(backwards.list().map(({ labels }) => labels)).toEqual([{ app: 'd' }])
  })

  it('removes what a look at a kind did not see, and nothing of other kinds or origins', () => {
    const recorder = open()
    const api = recorder.source('kubernetes')
    recorder.source('files').put(object('filed'), true)
    for (const name of ['stays', 'goes']) api.put(object(name), true)
    api.put(object('service', { kind: 'Service' }), true)
    told = []
    api.sweep(({ kind }) => kind === 'Pod', new Set(['uid-stays']))
    expect(told).toEqual(['remove uid-goes 1000'])
  })

  it('hands on since when nobody watched', () => {
    const source = open().source('kubernetes')
    for (const name of ['stays', 'goes', 'ends']) source.put(object(name), true, 900)
    told = []
    source.put(object('stays', { app: 'b' }), false, 900)
    source.remove('uid-ends', 900)
    source.sweep(() => true, new Set(['uid-stays']), 900)
    expect(told).toEqual([
      'put stays b 1000 unseen since 900',
      'remove uid-ends 1000 unseen since 900',
      'remove uid-goes 1000 unseen since 900',
    ])
  })

  it('says when it found what it found, and after a restart when the earlier server did', () => {
    const found: unknown[] = []
    const sinks = [
      {
        put: ({ name }: ClusterObject, at: number, _?: number, on?: number) => found.push([name, at, on]),
        remove: () => {},
      },
    ]
    const deps = {
      cluster: 'c',
      clock: () => seconds * 1000,
      write: (more: readonly ObjectRow[]) => rows.push(...more),
      sinks,
    }
    createRecorder(deps).source('kubernetes').put(object('web'), true)
    seconds = 1100
    createRecorder(deps).restore(versions())
    expect(found).toEqual([
      ['web', 0, 1000],
      ['web', 0, 1000],
    ])
  })

  it('does not let one origin remove what another said', () => {
    const recorder = open()
    recorder.source('files').put(object('filed'), true)
    recorder.source('kubernetes').remove('uid-filed')
    expect(recorder.counts()).toEqual({ Pod: 1 })
  })
})

describe('after a restart the recorder', () => {
  /** What a server wrote that knew three pods and ended at 1100. */
  const before = () => {
    const source = open().source('kubernetes')
    for (const name of ['same', 'changes', 'vanishes']) source.put(object(name), true)
    seconds = 1100
    source.put(object('changes', { app: 'b' }), false)
    const written = versions()
    rows = []
    told = []
    return written
  }

  it('knows what was known, as of the time it was seen', () => {
    open().restore(before())
    expect(told).toEqual(['put same a 0', 'put changes a 0', 'put vanishes a 0', 'put changes b 1100'])
    expect(rows).toEqual([])
  })

  it('writes all that was known again at once, and then what changed while no server ran', () => {
    const recorder = open()
    recorder.restore(before())
    recorder.restored(['kubernetes'])
    expect(changes()).toEqual(['present same', 'present changes', 'present vanishes'])
    rows = []
    seconds = 2000
    told = []
    const source = recorder.source('kubernetes')
    for (const each of [object('same'), object('changes', { app: 'c' }), object('comes')]) source.put(each, true)
    source.sweep(() => true, new Set(['uid-same', 'uid-changes', 'uid-comes']))
    source.settle()
    expect(told).toEqual([
      'put changes c 2000 unseen since 1100',
      'put comes a 2000 unseen since 1100',
      'remove uid-vanishes 2000 unseen since 1100',
    ])
    expect(changes()).toEqual(['modified changes', 'added comes', 'deleted vanishes'])
    told = []
    source.remove('uid-same')
    expect(told).toEqual(['remove uid-same 2000'])
  })

  it('drops the objects of a source that is configured no more', () => {
    const recorder = open()
    recorder.restore(before())
    recorder.restored(['files'])
    expect(recorder.counts()).toEqual({})
    expect(changes()).toEqual(['deleted same', 'deleted changes', 'deleted vanishes'])
  })

  it('goes on numbering where the clock was set back', () => {
    const written = before()
    seconds = 10
    const recorder = open()
    recorder.restore(written)
    recorder.source('kubernetes').put(object('changes', { app: 'z' }), false)
    expect(versions()[0]!.sequence).toBeGreaterThan(Math.max(...written.map(({ sequence }) => sequence)))
  })
})

describe('a sink that fails over an object', () => {
  let broken: Set<string>
  const failing = (): Recorder =>
    createRecorder({
      cluster: 'c',
      clock: () => seconds * 1000,
      write: (more) => rows.push(...more),
      sinks: [
        {
          put({ name }, at) {
            if (broken.has(name)) throw new Error('no such field')
            told.push(`first ${name} ${at}`)
          },
          remove(uid) {
            if (broken.has(uid)) throw new Error('no such uid')
            told.push(`first removes ${uid}`)
          },
        },
        { put: ({ name }) => told.push(`second ${name}`), remove: (uid) => told.push(`second removes ${uid}`) },
      ],
    })

  it('keeps neither the others nor the log from it, and health names it', () => {
    broken = new Set(['web', 'uid-web'])
    const recorder = failing()
    const source = recorder.source('kubernetes')
    source.put(object('web'), false)
    expect([told, changes()]).toEqual([['second web'], ['added web']])
    expect(recorder.state()).toMatchObject({
      state: 'degraded',
      detail: '1 object was not taken in (1 failure since the start), such as Pod shop/web: no such field',
    })
    source.remove('uid-web')
    expect([told.at(-1), changes()]).toEqual(['second removes uid-web', ['added web', 'deleted web']])
    expect(recorder.state().detail).toContain('removal of uid-web: no such uid')
  })
  it('is told of it again, alone and as of then, when the object is heard of', () => {
    broken = new Set(['web'])
    const recorder = failing()
    const source = recorder.source('kubernetes')
    source.put(object('web'), false)
    broken.clear()
    seconds = 1500
    source.put(object('web'), false)
    source.put(object('web'), false)
    expect(told).toEqual(['second web', 'first web 1000'])
    expect(recorder.state()).toEqual({ state: 'ok' })
  })
  it('is told of it again after every look', () => {
    broken = new Set(['web'])
    const recorder = failing()
    const source = recorder.source('kubernetes')
    source.put(object('web'), true)
    broken.clear()
    source.settle()
    expect(told).toEqual(['second web', 'first web 0'])
  })
})

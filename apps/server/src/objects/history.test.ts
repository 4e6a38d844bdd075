// The object history on a real store.
import { parseSnapshot } from '@margay/policy'
import type { ObjectRow } from '@margay/model'
import { createLogger } from '@margay/kit'
import { objectLog } from '@margay/model'
import type { Store } from '@margay/store'
import { createBlockBuilder, createEmbeddedStore } from '@margay/store'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectHistory } from './history.ts'
import { createObjectHistory } from './history.ts'
import { versionOfRow } from './object-row.ts'
import { readClusterObject } from './read-object.ts'
import { createRecorder } from './recorder.ts'

const noon = 1_793_016_000
const day = 86_400

const pod = (name: string, uid: string, app: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid, labels: { app } },
  spec: { nodeName: 'n1', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 80 }] }] },
  status: { phase: 'Running', podIP: '10.0.0.1' },
})
const read = (document: unknown) => {
  const found = readClusterObject(document)
  if (found.kind !== 'object') throw new Error(JSON.stringify(found))
  return found.object
}

const dir = mkdtempSync(join(tmpdir(), 'margay-objects-'))
let store: Store
let history: ObjectHistory
let seconds = noon

const insertInto = async (into: Store, rows: readonly ObjectRow[]) => {
  const builder = createBlockBuilder(objectLog)
  for (const row of rows) {
    const handle = builder.series(row)
    builder.add(handle, row)
    builder.forget(handle)
  }
  for (const part of builder.take()) {
    const token = `${rows[0]!.sequence}-${part.day}`
    await into.insert({ logType: objectLog.name, token, rows: part.rows, parts: part.parts })
  }
}

/** Three days in a cluster: a pod of each app is replaced by another on the second day, and every day begins with all. */
async function live() {
  const written: ObjectRow[] = []
  const recorder = createRecorder({
    cluster: 'c',
    sinks: [],
    clock: () => seconds * 1000,
    write: (rows) => written.push(...rows),
  })
  const source = recorder.source('kubernetes')
  source.put(read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'ns' } }), true)
  source.put(read(pod('web-1', 'u1', 'web')), true)
  source.settle()
  seconds = noon + day
  recorder.repeat()
  seconds = noon + day + 100
  source.put(read(pod('web-1', 'u1', 'canary')), false)
  seconds = noon + day + 200
  source.remove('u1')
  source.put(read(pod('web-1', 'u2', 'web')), false)
  seconds = noon + 2 * day
  recorder.repeat()
  await insertInto(store, written)
  return written
}

beforeAll(async () => {
  store = createEmbeddedStore({ dir })
  await store.open()
  await live()
  history = createObjectHistory({
    store,
    log: createLogger({ level: 'error', form: 'json' }, { write: () => {} }),
    now: () => seconds,
  })
  await history.load(new AbortController().signal)
})
afterAll(async () => {
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('the object history', () => {
  const podsAt = async (moment: number) =>
    (await history.at(moment)).flatMap(({ kind, uid, labels }) => (kind === 'Pod' ? `${uid} ${labels['app']}` : []))

  it('tells the objects of any moment', async () => {
    const moments = [
      noon - 1,
      noon,
      noon + day - 1,
      noon + day + 99,
      noon + day + 100,
      noon + day + 200,
      noon + 2 * day,
    ]
    expect(await Promise.all(moments.map(podsAt))).toEqual([
      [],
      ['u1 web'],
      ['u1 web'],
      ['u1 web'],
      ['u1 canary'],
      ['u2 web'],
      ['u2 web'],
    ])
  })
  it('tells of a moment after the server stopped what it knew last', async () => {
    seconds = noon + 9 * day
    expect(await podsAt(noon + 8 * day)).toEqual(['u2 web'])
    seconds = noon + 2 * day
  })
  it('holds what policies are evaluated with', async () => {
    const { snapshot, issues } = parseSnapshot((await history.at(noon + day + 150)).map(({ document }) => document))
    expect(issues).toEqual([])
    expect(snapshot.pods).toMatchObject([{ namespace: 'shop', name: 'web-1', node: 'n1', serviceAccount: 'default' }])
    expect(snapshot.pods[0]!.ports).toEqual([{ name: 'http', protocol: 6, port: 80 }])
  })
  it('tells what changed in a span, with the version before', async () => {
    const span = { from: noon + day + 50, to: noon + 2 * day + 1 }
    const { changes } = await history.changes({ ...span, kinds: ['Pod'], passing: [], most: 100 })
    expect(
      changes.map(({ time, change, object, before }) => [
        time - noon - day,
        change,
        object.uid,
        before?.labels['app'],
        object.labels['app'],
      ]),
    ).toEqual([
      [100, 'modified', 'u1', 'web', 'canary'],
      [200, 'deleted', 'u1', undefined, 'canary'],
      [200, 'added', 'u2', undefined, 'web'],
    ])
  })
  it('reads what changed in a past span once, in one that may still grow each time', async () => {
    let questions = 0
    const counting = createObjectHistory({
      store: {
        ...store,
        ask: (...asked) => {
          questions += 1
          return store.ask(...asked)
        },
      },
      log: createLogger({ level: 'error', form: 'json' }, { write: () => {} }),
      now: () => noon + 3 * day,
    })
    const cost = async (to: number) => {
      const before = questions
      await counting.changes({ from: noon + day + 150, to, kinds: ['Pod'], passing: [], most: 100 })
      return questions - before
    }
    const past = [await cost(noon + 2 * day), await cost(noon + 2 * day)]
    const present = [await cost(noon + 3 * day), await cost(noon + 3 * day)]
    expect([past[0], past[1]]).toEqual([expect.any(Number), 0])
    expect(past[0]).toBeGreaterThan(0)
    expect(present[1]).toBe(present[0])
  })
  it('reads a moment just past once for all who ask at once, and not at all where nothing changed since', async () => {
    let questions = 0
    let clock = noon + 2 * day
    const counting = createObjectHistory({
      store: {
        ask: (...asked) => store.ask(...asked),
        stream: (...asked) => {
          questions += 1
          return store.stream(...asked)
        },
      },
      log: createLogger({ level: 'error', form: 'json' }, { write: () => {} }),
      now: () => clock,
    })
    await counting.load(new AbortController().signal)
    questions = 0
    clock += 10
    // Written a moment ago: all objects again.
    expect(await counting.at(clock - 5)).toBe(await counting.present())
    expect(await counting.at(noon + 2 * day)).toBe(await counting.present())
    expect(questions).toBe(0)
    const before = noon + 2 * day - 1
    const [first, second] = [await counting.at(before), await counting.at(before)]
    expect([second === first, questions]).toEqual([true, 1])
    clock += 5
    expect(await counting.at(before)).not.toBe(first)
    expect(questions).toBe(2)
  })
  it('follows the live rows', async () => {
    const rows: ObjectRow[] = []
    const recorder = createRecorder({
      cluster: 'c',
      sinks: [],
      clock: () => (noon + 3 * day) * 1000,
      write: (more) => rows.push(...more),
    })
    recorder.source('kubernetes').put(read(pod('web-2', 'u3', 'web')), false)
    const before = await history.present()
    expect(before.map(({ name }) => name).sort()).toEqual(['shop', 'web-1'])
    history.take('flows', rows)
    expect(await history.present()).toBe(before)
    history.take('objects', rows)
    const after = await history.present()
    expect(after.map(({ name }) => name).sort()).toEqual(['shop', 'web-1', 'web-2'])
  })
})

describe('an object history that is not read yet', () => {
  const open = (asked: Pick<Store, 'ask' | 'stream'>) =>
    createObjectHistory({
      store: asked,
      log: createLogger({ level: 'error', form: 'json' }, { write: () => {} }),
      now: () => seconds,
    })

  it('lets wait who asks for the present, and then tells all of it', async () => {
    const started = Promise.withResolvers<void>()
    const slow = open({
      ask: async (...asked: Parameters<Store['ask']>) => {
        await started.promise
        return store.ask(...asked)
      },
      stream: (...asked) => store.stream(...asked),
    })
    void slow.load(new AbortController().signal)
    const [present, now] = [slow.present(), slow.at(seconds)]
    started.resolve()
    expect((await present).map(({ name }) => name).sort()).toEqual(['shop', 'web-1'])
    expect(await now).toBe(await present)
  })
  it('says that it cannot be read, and tells once it can', async () => {
    let isBroken = true
    const broken = open({
      ask: (...asked) => (isBroken ? Promise.reject(new Error('disk')) : store.ask(...asked)),
      stream: (...asked) => store.stream(...asked),
    })
    const loaded = broken.load(new AbortController().signal)
    await expect(broken.present()).rejects.toThrow('the object log cannot be read: disk')
    isBroken = false
    await loaded
    expect((await broken.present()).map(({ name }) => name).sort()).toEqual(['shop', 'web-1'])
  })
})

describe('after an outage of days, and a crash right after the start', () => {
  it('objects that nobody had looked at again are known', async () => {
    const outage = mkdtempSync(join(tmpdir(), 'margay-outage-'))
    const kept = createEmbeddedStore({ dir: outage })
    await kept.open()
    try {
      const rows: ObjectRow[] = []
      let clock = noon
      const open = () =>
        createRecorder({ cluster: 'c', sinks: [], clock: () => clock * 1000, write: (more) => rows.push(...more) })
      const first = open().source('kubernetes')
      for (const name of ['a', 'b', 'c']) first.put(read(pod(name, `u-${name}`, name)), true)
      clock = noon + 9 * day
      const second = open()
      second.restore(rows.map((row) => versionOfRow(row)!))
      second.restored(['kubernetes'])
      // The crash: only one object was heard of before it.
      second.source('kubernetes').put(read(pod('a', 'u-a', 'changed')), true)
      await insertInto(kept, rows)
      const history = createObjectHistory({
        store: kept,
        log: createLogger({ level: 'error', form: 'json' }, { write: () => {} }),
        now: () => clock + 60,
      })
      await history.load(new AbortController().signal)
      const present = await history.present()
      expect(present.map(({ name, labels }) => `${name} ${labels['app']}`).sort()).toEqual(['a changed', 'b b', 'c c'])
    } finally {
      await kept.close()
      rmSync(outage, { recursive: true, force: true })
    }
  })
})

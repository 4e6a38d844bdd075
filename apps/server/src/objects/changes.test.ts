// What changed in a span, on a real store: the right versions, and no more read than what changed.
import type { ObjectRow } from '@margay/model'
import { objectLog } from '@margay/model'
import type { Store } from '@margay/store'
import { createBlockBuilder, createEmbeddedStore } from '@margay/store'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChangesAsked } from './changes.ts'
import { readChanges } from './changes.ts'
import type { ObjectChangeKind } from './object.ts'
import { rowOfVersion } from './object-row.ts'

const noon = 1_793_016_000
const dir = mkdtempSync(join(tmpdir(), 'margay-changes-'))
let store: Store
let sequence = 0

interface Told {
  readonly kind: string
  readonly name: string
  readonly change: ObjectChangeKind
  readonly time: number
  readonly namespace?: string
  readonly version?: number
}

const rowOf = ({ kind, name, change, time, namespace = 'shop', version = 1 }: Told): ObjectRow =>
  rowOfVersion(
    {
      object: {
        uid: `${kind}-${name}`,
        apiVersion: 'v1',
        kind,
        namespace,
        name,
        labels: {},
        generation: version,
        document: { kind, version },
      },
      origin: 'kubernetes',
      change,
      time,
      sequence: ++sequence,
    },
    'c',
  )

async function insert(told: readonly Told[]) {
  const builder = createBlockBuilder(objectLog)
  for (const row of told.map(rowOf)) {
    const handle = builder.series(row)
    builder.add(handle, row)
    builder.forget(handle)
  }
  for (const { day, rows, parts } of builder.take()) {
    await store.insert({ logType: objectLog.name, token: `${sequence}-${day}`, rows, parts })
  }
}

const still = 3_000

beforeAll(async () => {
  store = createEmbeddedStore({ dir })
  await store.open()
  const present = Array.from({ length: still }, (_, index): Told => {
    return { kind: index % 3 === 0 ? 'NetworkPolicy' : 'Pod', name: `still-${index}`, change: 'present', time: noon }
  })
  await insert([
    ...present,
    { kind: 'NetworkPolicy', name: 'db', change: 'present', time: noon },
    { kind: 'NetworkPolicy', name: 'db', change: 'modified', time: noon + 10, version: 2 },
    { kind: 'NetworkPolicy', name: 'db', change: 'modified', time: noon + 100, version: 3 },
    { kind: 'NetworkPolicy', name: 'db', change: 'modified', time: noon + 110, version: 4 },
    { kind: 'NetworkPolicy', name: 'new', change: 'added', time: noon + 120 },
    { kind: 'NetworkPolicy', name: 'new', change: 'modified', time: noon + 130, version: 2 },
    { kind: 'NetworkPolicy', name: 'far', change: 'added', time: noon + 140, namespace: 'ops' },
    { kind: 'Node', name: 'n1', change: 'added', time: noon + 150, namespace: '-' },
    { kind: 'EndpointSlice', name: 'busy', change: 'modified', time: noon + 160 },
    { kind: 'Pod', name: 'web', change: 'added', time: noon + 170 },
    { kind: 'Pod', name: 'web', change: 'modified', time: noon + 175, version: 2 },
    { kind: 'Pod', name: 'web', change: 'deleted', time: noon + 180, version: 2 },
  ])
})
afterAll(async () => {
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

/** The store, and how many rows it gave away: what somebody had to read. */
function counted() {
  let given = 0
  return {
    given: () => given,
    async ask(...asked: Parameters<Store['ask']>) {
      const answered = await store.ask(...asked)
      given += answered.answer.kind === 'rows' ? answered.answer.rows.length : answered.answer.groups.length
      return answered
    },
  }
}

const asked: ChangesAsked = {
  from: noon + 50,
  to: noon + 3600,
  kinds: ['NetworkPolicy', 'Node'],
  passing: ['Pod'],
  most: 100,
}

const told = async (more: Partial<ChangesAsked> = {}) => {
  const { changes, from } = await readChanges(store, { ...asked, ...more })
  const words = changes.map(
    ({ time, change, object, before }) =>
      `${time - noon} ${object.kind} ${object.name} ${change} ${before?.generation ?? '-'}>${object.generation}`,
  )
  return { from: from - noon, words }
}

describe('changes of objects', () => {
  it('are of the kinds that were asked for, modified ones with what stood before', async () => {
    expect(await told()).toEqual({
      from: 50,
      words: [
        '100 NetworkPolicy db modified 2>3',
        '110 NetworkPolicy db modified 3>4',
        '120 NetworkPolicy new added ->1',
        '130 NetworkPolicy new modified 1>2',
        '140 NetworkPolicy far added ->1',
        '150 Node n1 added ->1',
        '170 Pod web added ->1',
        '180 Pod web deleted ->2',
      ],
    })
  })

  it('cost what changed, not what is there', async () => {
    const meter = counted()
    const { changes } = await readChanges(meter, asked)
    expect(changes).toHaveLength(8)
    // The changes, the number and the version of the one that stood before, and when the log was last written.
    expect(meter.given()).toBe(8 + 1 + 1 + 1)
    expect(meter.given()).toBeLessThan(still)
  })

  it('know what stood before also where that was found only within the span', async () => {
    const { words } = await told({ from: noon - 86_400 })
    expect(words.slice(0, 2)).toEqual(['10 NetworkPolicy db modified 1>2', '100 NetworkPolicy db modified 2>3'])
  })

  it('are of one namespace and of what has none', async () => {
    expect((await told({ namespace: 'ops' })).words).toEqual([
      '140 NetworkPolicy far added ->1',
      '150 Node n1 added ->1',
    ])
  })

  it('are the newest where there are more than may be read, from a second on of which all are told', async () => {
    expect(await told({ most: 3 })).toEqual({
      from: 141,
      words: ['150 Node n1 added ->1', '170 Pod web added ->1', '180 Pod web deleted ->2'],
    })
    expect((await told({ most: 8 })).from).toBe(50)
  })
})

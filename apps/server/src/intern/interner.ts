// From an agent's frame to rows of the store: each row's series is named once, and then costs a look-up and copies of
// numbers. Names are those of the row's own time, so a spool that comes an hour late is named as of then.
import type { Row } from '@margay/model'
import type { BlockBuilder } from '@margay/store'
import type { Column, Frame } from '@margay/wire'
import { valueAt } from '@margay/wire'
import type { Endpoint, ServicePort } from '../inventory/endpoint.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Agents } from './agents.ts'
import { countsInTotals } from './counts.ts'
import type { Provenance } from './dimensions.ts'
import { flowDimensions, lookupDimensions } from './dimensions.ts'
import type { Definition, Epoch } from './epochs.ts'
import type { FrameNames } from './frame-names.ts'
import { createFrameNames } from './frame-names.ts'
import { createHandles } from './handles.ts'
import { createIdentity } from './identity.ts'

export interface InternerConfig {
  readonly cluster: string
  /** Named series that are kept ready. */
  readonly maxSeries: number
}

export interface InternerDeps {
  readonly inventory: Inventory
  readonly agents: Agents
  /** Unix seconds. */
  readonly now: () => number
  /** What else is decided once per series, such as policies; its fields are added. */
  readonly judge?: (
    dimensions: Row,
    ends: { readonly source: Endpoint; readonly dest: Endpoint },
    moment: number,
  ) => Row
}

export interface Interned {
  readonly rows: number
  /** Rows that were left out, by reason. */
  readonly leftOut: ReadonlyMap<string, number>
}

export interface Interner {
  /** Adds the frame's rows to the builder; each row, whole, to `show` where that is given. */
  encode(frame: Frame, epoch: Epoch, builder: BlockBuilder, show?: (row: Row) => void): Interned
  /** The frame's rows as they would be stored, for deltas. */
  rows(frame: Frame, epoch: Epoch): readonly Row[]
  /** Whether some of the frame's pods are not known yet, and a moment's wait may help. */
  isUnnamed(frame: Frame, epoch: Epoch): boolean
  /** Called between segments. */
  trim(): void
  readonly series: number
}

/** Times outside are a clock unset or a unit mistaken; they would make partitions of their own. */
const earliest = 978_307_200
const oneDay = 86_400

/** Columns that go into the row as they are; the dialled address is only for us. */
const rowColumns = ({ rows }: Frame): (readonly [string, Column])[] =>
  [...rows.columns].filter(([name]) => name !== 'dialled_ip' && name !== 'dialled_port')

/** Two ids in one number, exact up to 2^26 of each; beyond that the text of both. */
const idLimit = 2 ** 26
const pairKey = (a: number, b: number): number | string => (a < idLimit && b < idLimit ? a * idLimit + b : `${a} ${b}`)

interface Named {
  readonly key: number | string
  readonly dimensions: () => Row
}

/** What naming a row needs beside its frame. */
interface Context {
  readonly frame: Frame
  readonly names: FrameNames
  readonly from: Provenance
}

const at = (frame: Frame, name: string, row: number) => {
  const column = frame.rows.columns.get(name)
  return column && valueAt(column, row)
}

export function createInterner(config: InternerConfig, deps: InternerDeps): Interner {
  const { inventory, agents } = deps
  const identity = createIdentity(inventory, agents)
  const stored = createHandles({ limit: config.maxSeries })
  const shown = createHandles({ limit: Math.ceil(config.maxSeries / 10) })

  const judged = (dimensions: Row, source: Endpoint, dest: Endpoint, moment: number): Row =>
    deps.judge ? { ...dimensions, ...deps.judge(dimensions, { source, dest }, moment) } : dimensions

  const serviceOf = ({ frame, names }: Context, own: Row, row: number, moment: number): ServicePort | undefined => {
    const ip = at(frame, 'dialled_ip', row) as string | undefined
    const port = at(frame, 'dialled_port', row) as number | undefined
    return ip === undefined || port === undefined ? undefined : names.service(ip, port, String(own.proto), moment)
  }
  /** Names a flow and completes its row with `counts`. */
  const nameFlow = (context: Context, own: Row, row: number, moment: number, rest: Row): Named => {
    const { names, from } = context
    const sourceIp = rest.source_ip as string | undefined
    const destIp = rest.dest_ip as string | undefined
    const uid = own.pod_uid as string | undefined
    const isSource = own.reporter !== 'dst'
    const source = isSource ? names.own(sourceIp, uid, moment) : names.peer(sourceIp, moment)
    const dest = isSource ? names.peer(destIp, moment) : names.own(destIp, uid, moment)
    const service = serviceOf(context, own, row, moment)
    const pair = pairKey(source.id, dest.id)
    rest.counts = countsInTotals(
      { reporter: String(own.reporter), local: own.local === true, sourceIp, destIp, moment },
      names,
    )
    return {
      key: service ? `${pair} ${service.id}` : pair,
      dimensions: () => judged(flowDimensions(own, from, source, dest, service), source, dest, moment),
    }
  }
  /** Names a lookup and completes its row with the labels of its servers. */
  const nameLookup = ({ names, from }: Context, own: Row, _row: number, moment: number, rest: Row): Named => {
    const client = names.own(rest.client_ip as string | undefined, own.pod_uid as string | undefined, moment)
    const serverIps = (rest['servers.ip'] as readonly string[] | undefined) ?? []
    const servers = serverIps.map((server) => names.peer(server, moment))
    rest['servers.labels'] = servers.map(({ labels }) => labels)
    return {
      key: [client, ...servers].map(({ id }) => id).join(' '),
      dimensions: () => lookupDimensions(own, from, client, servers),
    }
  }
  const namers = { flows: nameFlow, dns: nameLookup } as const

  /** Learns the frame's own addresses before any row is judged, so that both reports of one host agree. */
  const noteAddresses = (frame: Frame, epoch: Epoch) => {
    if (frame.logType !== 'flows') return
    const noted = new Set<unknown>()
    for (let row = 0; row < frame.rows.count; row++) {
      const own = epoch.definitions.get(frame.rows.series[row]!)?.dimensions
      const ip = own && at(frame, own.reporter === 'dst' ? 'dest_ip' : 'source_ip', row)
      if (ip === undefined || noted.has(ip) || (own?.pod_uid !== undefined && inventory.filled)) continue
      noted.add(ip)
      agents.noteLocal(frame.agent, ip as string)
    }
  }
  /** Calls `take` for each row that can be read; the row's object is used again for the next. */
  const eachRow = (
    frame: Frame,
    epoch: Epoch,
    leftOut: Map<string, number>,
    take: (definition: Definition, named: Named, rest: Row) => void,
  ) => {
    noteAddresses(frame, epoch)
    const now = deps.now()
    const name = namers[frame.logType as keyof typeof namers]
    const context: Context = {
      frame,
      names: createFrameNames(frame.agent, now, { inventory, agents, identity }),
      from: { cluster: config.cluster, host: agents.hostOf(frame.agent) },
    }
    const columns = rowColumns(frame)
    const rest: Row = {}
    for (let row = 0; row < frame.rows.count; row++) {
      const definition = epoch.definitions.get(frame.rows.series[row]!)
      for (const [field, column] of columns) rest[field] = valueAt(column, row)
      const time = Number(rest.start_time)
      const isKnown = definition?.logType === frame.logType
      if (!isKnown || !(time >= earliest && time <= now + oneDay)) {
        const reason = isKnown ? 'time_far_off' : 'series_unknown'
        leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1)
        continue
      }
      take(definition, name(context, definition.dimensions, row, Number(rest.end_time ?? time), rest), rest)
    }
  }
  return {
    encode(frame, epoch, builder, show) {
      const leftOut = new Map<string, number>()
      let rows = 0
      eachRow(frame, epoch, leftOut, (definition, named, rest) => {
        const { handle, dimensions } = stored.get(definition.stored, named.key, builder, named.dimensions)
        builder.add(handle, rest)
        show?.({ ...dimensions, ...rest })
        rows++
      })
      return { rows, leftOut }
    },
    rows(frame, epoch) {
      const rows: Row[] = []
      eachRow(frame, epoch, new Map(), (definition, named, rest) => {
        const { dimensions } = shown.get(definition.shown, named.key, noBuilder, named.dimensions)
        rows.push({ ...dimensions, ...rest })
      })
      shown.trim()
      return rows
    },
    isUnnamed(frame, epoch) {
      const numbers = new Set(frame.rows.series)
      return [...numbers].some((number) =>
        identity.isUnnamed(epoch.definitions.get(number)?.dimensions.pod_uid as string | undefined, frame.madeAt),
      )
    },
    trim: () => stored.trim(),
    get series() {
      return stored.size
    },
  }
}

/** Rows that are only shown are coded by nobody. */
const noBuilder: BlockBuilder = {
  logType: '',
  rows: 0,
  series: () => 0,
  forget: () => {},
  add: () => {},
  take: () => [],
}

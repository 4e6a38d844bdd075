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
import { flowDimensions, lookupDimensions } from './dimensions.ts'
import type { Epoch } from './epochs.ts'
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

interface Ends {
  readonly key: string
  readonly dimensions: () => Row
  /** Fields of the row itself, beside the agent's. */
  readonly details: Row
}

export function createInterner(config: InternerConfig, deps: InternerDeps): Interner {
  const { inventory, agents } = deps
  const identity = createIdentity(inventory, agents)
  const handles = createHandles({ limit: config.maxSeries })
  /** Handles of rows that are only shown belong to no builder. */
  const shown = createHandles({ limit: config.maxSeries / 10 })
  const noBuilder: BlockBuilder = {
    logType: '',
    rows: 0,
    series: () => 0,
    forget: () => {},
    add: () => {},
    take: () => [],
  }

  const at = (frame: Frame, name: string, row: number) => {
    const column = frame.rows.columns.get(name)
    return column && valueAt(column, row)
  }
  const judged = (dimensions: Row, source: Endpoint, dest: Endpoint, moment: number): Row =>
    deps.judge ? { ...dimensions, ...deps.judge(dimensions, { source, dest }, moment) } : dimensions

  const countsOf = (
    frame: Frame,
    own: Row,
    sourceIp: string | undefined,
    destIp: string | undefined,
    moment: number,
  ) => {
    const now = deps.now()
    return countsInTotals({
      reporter: own.reporter as 'src' | 'dst' | 'fwd',
      local: own.local === true,
      sourceCovered: () => sourceIp !== undefined && agents.covers(sourceIp, moment, now),
      replaced: () =>
        destIp !== undefined && agents.wasGone(frame.agent, moment) && agents.covers(destIp, moment, now, frame.agent),
    })
  }
  const flowEnds = (frame: Frame, own: Row, row: number, moment: number): Ends => {
    const sourceIp = at(frame, 'source_ip', row) as string | undefined
    const destIp = at(frame, 'dest_ip', row) as string | undefined
    const uid = own.pod_uid as string | undefined
    const isSource = own.reporter !== 'dst'
    const source = isSource
      ? identity.own(frame.agent, sourceIp, uid, moment)
      : identity.peer(frame.agent, sourceIp, moment)
    const dest = isSource ? identity.peer(frame.agent, destIp, moment) : identity.own(frame.agent, destIp, uid, moment)
    const service = serviceOf(frame, own, row, moment)
    return {
      key: `${source.id} ${dest.id} ${service?.id ?? 0}`,
      dimensions: () => judged(flowDimensions(own, provenance(frame), source, dest, service), source, dest, moment),
      details: { counts: countsOf(frame, own, sourceIp, destIp, moment) },
    }
  }
  const serviceOf = (frame: Frame, own: Row, row: number, moment: number): ServicePort | undefined => {
    const ip = at(frame, 'dialled_ip', row) as string | undefined
    const port = at(frame, 'dialled_port', row) as number | undefined
    return ip === undefined || port === undefined ? undefined : inventory.serviceAt(ip, port, String(own.proto), moment)
  }
  const lookupEnds = (frame: Frame, own: Row, row: number, moment: number): Ends => {
    const ip = at(frame, 'client_ip', row) as string | undefined
    const client = identity.own(frame.agent, ip, own.pod_uid as string | undefined, moment)
    const serverIps = (at(frame, 'servers.ip', row) as readonly string[] | undefined) ?? []
    const servers = serverIps.map((server) => identity.peer(frame.agent, server, moment))
    return {
      key: `${client.id} ${servers.map(({ id }) => id).join(',')}`,
      dimensions: () => lookupDimensions(own, provenance(frame), client, servers),
      details: { 'servers.labels': servers.map(({ labels }) => labels) },
    }
  }
  const provenance = ({ agent }: Frame) => ({ cluster: config.cluster, host: agents.hostOf(agent) })
  const endsOf = { flows: flowEnds, dns: lookupEnds } as const

  /** Learns the frame's own addresses before any row is judged, so that both reports of one host agree. */
  const noteAddresses = (frame: Frame, epoch: Epoch) => {
    if (frame.logType !== 'flows') return
    for (let row = 0; row < frame.rows.count; row++) {
      const own = epoch.definitions.get(frame.rows.series[row]!)?.dimensions
      const ip = own && at(frame, own.reporter === 'dst' ? 'dest_ip' : 'source_ip', row)
      if (ip !== undefined && !(own?.pod_uid !== undefined && inventory.filled))
        agents.noteLocal(frame.agent, ip as string)
    }
  }
  /** Calls `take` for each row that can be read; the row's object is used again for the next. */
  const eachRow = (
    frame: Frame,
    epoch: Epoch,
    leftOut: Map<string, number>,
    take: (key: string, ends: Ends, rest: Row) => void,
  ) => {
    noteAddresses(frame, epoch)
    const ends = endsOf[frame.logType as keyof typeof endsOf]
    const columns = rowColumns(frame)
    const latest = deps.now() + oneDay
    const rest: Row = {}
    for (let row = 0; row < frame.rows.count; row++) {
      const number = frame.rows.series[row]!
      const own = epoch.definitions.get(number)
      for (const [name, column] of columns) rest[name] = valueAt(column, row)
      const time = Number(rest.start_time)
      const reason =
        own?.logType !== frame.logType
          ? 'series_unknown'
          : time >= earliest && time <= latest
            ? undefined
            : 'time_far_off'
      if (reason !== undefined) {
        leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1)
        continue
      }
      const found = ends(frame, own!.dimensions, row, Number(rest.end_time ?? time))
      Object.assign(rest, found.details)
      take(`${epoch.id} ${number} ${found.key}`, found, rest)
    }
  }
  return {
    encode(frame, epoch, builder, show) {
      const leftOut = new Map<string, number>()
      let rows = 0
      eachRow(frame, epoch, leftOut, (key, ends, rest) => {
        const { handle, dimensions } = handles.get(key, builder, ends.dimensions)
        builder.add(handle, rest)
        show?.({ ...dimensions, ...rest })
        rows++
      })
      return { rows, leftOut }
    },
    rows(frame, epoch) {
      const rows: Row[] = []
      eachRow(frame, epoch, new Map(), (key, ends, rest) => {
        rows.push({ ...shown.get(key, noBuilder, ends.dimensions).dimensions, ...rest })
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
    trim: () => handles.trim(),
    get series() {
      return handles.size
    },
  }
}

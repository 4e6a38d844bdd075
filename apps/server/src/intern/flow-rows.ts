// Names the flows of a frame: who both ends are, which service was dialled, whether the row counts. What is worked out for
// a row is a few look-ups by small numbers; everything else is done once for each address, service or pair of ends.
import type { Row } from '@margay/model'
import type { Column, Frame, ValueColumn } from '@margay/wire'
import type { Endpoint, ServicePort } from '../inventory/endpoint.ts'
import { countsInTotals } from './counts.ts'
import type { Provenance } from './dimensions.ts'
import { flowDimensions } from './dimensions.ts'
import type { Moment, NameDeps } from './frame-names.ts'
import { createEntryNames, memo } from './frame-names.ts'
import { nowhere } from './identity.ts'
import type { FrameSeries } from './frame-rows.ts'
import { numbersOf, valuesOf } from './frame-rows.ts'

/** What tells a row's named series apart within its definition, and how its dimensions are made when it is new. */
export interface Named {
  /** The reporter's own end, nearly always one for a definition. */
  readonly group: number
  /** Unique within the group. A small whole number is found much faster than anything else. */
  readonly key: number | string
  readonly dimensions: () => Row
}

/** Names the rows of one frame that have one moment. What it gives is read before the next call, which uses it again. */
export type RowNamer = (series: FrameSeries, row: number) => Named

export interface FrameNamer {
  at(moment: Moment): RowNamer
  /** Columns that naming adds to the rows' own; whole once every row was named. */
  readonly columns: ReadonlyMap<string, Column>
}

/** What else is decided once per series, such as policies; its fields are added. */
export type Judge = (
  dimensions: Row,
  ends: { readonly source: Endpoint; readonly dest: Endpoint },
  moment: number,
) => Row

/** Two ids in one number, exact up to 2^26 of each; beyond that the text of both. The first is 0 more often than not. */
const idLimit = 2 ** 26
const pairKey = (a: number, b: number): number | string => (a < idLimit && b < idLimit ? a * idLimit + b : `${a} ${b}`)

const ports = 65_536
/** Ids of services begin with 1. */
const noService = 0
/** Entries of the column `counts`. */
const countsDictionary = [undefined, false, true] as const

type ServiceNames = (series: FrameSeries, row: number) => ServicePort | undefined

/** The port that a series is about; 0 for protocols without ports. */
const destPortOf = ({ definition }: FrameSeries): number => Number(definition.dimensions.dest_port ?? 0)

/**
 * The service that each row dialled, if one was. Where nothing was translated the destination is what was dialled: a
 * headless service's endpoint, or a service's own address that nothing stands behind.
 */
function serviceNames(frame: Frame, { at }: Moment, { inventory }: NameDeps): ServiceNames {
  const dialled = valuesOf(frame, 'dialled_ip')
  const dests = valuesOf(frame, 'dest_ip')
  const dialledPorts = numbersOf(frame, 'dialled_port')
  const known = new Map<string, Map<number, ServicePort | undefined>>()
  const newPlaces = () => new Map<number, ServicePort | undefined>()
  const find = (
    proto: string,
    from: 'dialled' | 'dest',
    { dictionary, index }: ValueColumn,
    row: number,
    port: number,
  ) => {
    const entry = index[row]!
    const ip = dictionary[entry] as string | undefined
    if (ip === undefined || Number.isNaN(port)) return undefined
    const ofProto = memo(known, `${from} ${proto}`, newPlaces)
    const place = entry * ports + port
    // Fast path: found without a function that would make it.
    return ofProto.get(place) ?? memo(ofProto, place, () => inventory.serviceAt(ip, port, proto, at))
  }
  return (series, row) => {
    const isTranslated = dialled.dictionary[dialled.index[row]!] !== undefined
    return isTranslated
      ? find(series.proto, 'dialled', dialled, row, dialledPorts[row]!)
      : find(series.proto, 'dest', dests, row, destPortOf(series))
  }
}

/** A host that was dialled is its one pod that answers on the port, where there is one. */
function hostPod(host: Endpoint, series: FrameSeries, { at }: Moment, { inventory }: NameDeps): Endpoint {
  if (host.node === undefined) return host
  return inventory.hostPodAt(host.node, destPortOf(series), series.proto, at) ?? host
}

export function createFlowNamer(frame: Frame, from: Provenance, deps: NameDeps, judge: Judge | undefined): FrameNamer {
  const sources: ValueColumn = valuesOf(frame, 'source_ip')
  const dests: ValueColumn = valuesOf(frame, 'dest_ip')
  const counts = new Uint8Array(frame.rows.count)
  const judged = (dimensions: Row, source: Endpoint, dest: Endpoint, moment: number): Row =>
    judge ? { ...dimensions, ...judge(dimensions, { source, dest }, moment) } : dimensions
  return {
    columns: new Map([['counts', { kind: 'values', dictionary: countsDictionary, index: counts }]]),
    at(moment) {
      const sourceNames = createEntryNames(sources, moment, deps)
      const destNames = createEntryNames(dests, moment, deps)
      const serviceOf = serviceNames(frame, moment, deps)
      const coverage = {
        wasGone: deps.agents.wasGone(frame.agent, moment.at),
        sourceCovered: sourceNames.covered,
        destCoveredByOther: destNames.coveredByOther,
      }
      let own: Row = {}
      let source = nowhere
      let dest = nowhere
      let service: ServicePort | undefined
      const named = {
        group: 0,
        key: 0 as number | string,
        dimensions: () => judged(flowDimensions(own, from, source, dest, service), source, dest, moment.at),
      }
      return (series, row) => {
        const sourceEntry = sources.index[row]!
        const destEntry = dests.index[row]!
        const { isSource, podUid } = series
        own = series.definition.dimensions
        if (isSource) {
          source = sourceNames.own(podUid, sourceEntry)
          dest = destNames.peer(destEntry, source.namespace)
          if (dest.type === 'hep') dest = hostPod(dest, series, moment, deps)
        } else {
          dest = destNames.own(podUid, destEntry)
          source = sourceNames.peer(sourceEntry, dest.namespace)
        }
        service = serviceOf(series, row)
        counts[row] = countsInTotals(series, coverage, sourceEntry, destEntry) ? 2 : 1
        named.group = isSource ? source.id : dest.id
        named.key = pairKey(service?.id ?? noService, isSource ? dest.id : source.id)
        return named
      }
    },
  }
}

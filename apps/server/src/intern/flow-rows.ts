// Names the flows of a frame: who both ends are, which service was dialled, what policy said, whether the row counts. What is
// worked out for a row is a few look-ups by small numbers; everything else is done once for each address, service or pair of ends.
import type { Row } from '@margay/model'
import type { Names } from '@margay/policy'
import type { Column, Frame, ValueColumn } from '@margay/wire'
import type { Endpoint, ServicePort } from '../inventory/endpoint.ts'
import type { Judge } from '../judge/judge.ts'
import type { Judgement } from '../judge/judgements.ts'
import type { Place, Places } from '../judge/places.ts'
import type { Report } from '../judge/report.ts'
import type { RowConnections, Standing } from '../judge/standing.ts'
import { networks } from '../inventory/endpoint.ts'
import type { HandleSlot } from '../series/handles.ts'
import { countsInTotals } from './counts.ts'
import {
  createMeant,
  createUnbackedTest,
  destPortOf,
  nodeOfMeant,
  serviceNames,
  workloadsBehind,
} from './dialled-services.ts'
import type { Provenance } from './dimensions.ts'
import { flowDimensions } from './dimensions.ts'
import { elsewhereFields, isOwnEndSeen } from './elsewhere.ts'
import type { EntryNames, Moment, NameDeps } from './frame-names.ts'
import { createEntryNames, lateSeconds } from './frame-names.ts'
import { nowhere } from './identity.ts'
import type { FrameSeries } from './frame-rows.ts'
import { numbersOf, valuesOf } from './frame-rows.ts'

/** What tells a row's named series apart within its definition, and how its dimensions are made when it is new. */
export interface Named {
  /** The reporter's own end and the verdict, nearly always one pair for a definition. */
  readonly group: number | string
  /** Unique within the group. A small whole number is found much faster than anything else. */
  readonly key: number | string
  readonly dimensions: () => Row
  /** Whether the reporter's own end is on another node, so that the row is none of the reporter's. */
  readonly isElsewhere: boolean
  /** Absent where nobody judges. */
  readonly judged?: Judged | undefined
}

/** A judged row: its judgement, and where the handle of its like was found last. */
export interface Judged {
  readonly judgement: Judgement
  readonly slot: HandleSlot
  /** Ids of what the row was named, to see whether it is the same again. */
  readonly source: number
  readonly dest: number
  readonly service: number
}

/** Names the rows of one frame that have one moment. What it gives is read before the next call, which uses it again. */
export type RowNamer = (series: FrameSeries, row: number) => Named

export interface FrameNamer {
  at(moment: Moment): RowNamer
  /** Columns that naming adds to the rows' own; whole once every row was named. */
  readonly columns: ReadonlyMap<string, Column>
}

/** Two ids in one number, exact up to 2^26 of each; beyond that the text of both. The first is 0 more often than not. */
const idLimit = 2 ** 26
const pairKey = (a: number, b: number): number | string => (a < idLimit && b < idLimit ? a * idLimit + b : `${a} ${b}`)

/** Ids of services begin with 1. */
const noService = 0
/** Entries of the column `counts`. */
const countsDictionary = [undefined, false, true] as const

/** A host that was dialled is its one pod that answers on the port, where there is one. */
function hostPod(host: Endpoint, series: FrameSeries, { at }: Moment, { inventory }: NameDeps): Endpoint {
  if (host.node === undefined) return host
  return inventory.hostPodAt(host.node, destPortOf(series), series.proto, at) ?? host
}

/** Who judges, and whether the rows are to last: what is only shown changes nothing that is remembered. */
export interface Judging {
  readonly judge: Judge
  readonly isLasting: boolean
}

/** By row: the seconds from its start in which something was counted, the last one not in it; NaN where it does not say. */
interface ActiveSeconds {
  readonly from: Float64Array
  readonly to: Float64Array
}

const isOwner = ({ type }: Endpoint) => type === 'wep' || type === 'hep'

/**
 * The other side of a row whose address passed from one owner to another within the row's interval: whoever had it in the
 * seconds in which something was counted, or just before. A row that does not say, or says of seconds when nobody had it, is of
 * the whole.
 */
function createPeerOfRow({ from, to }: ActiveSeconds, names: EntryNames, { since }: Moment) {
  return (entry: number, own: Endpoint, row: number): Endpoint => {
    const whole = names.peer(entry, own)
    // Fast path: an address that has had one owner.
    if (Number.isNaN(from[row]!) || !names.isHandedOver(entry)) return whole
    const [first, end] = [since + from[row]!, since + to[row]!]
    const had = names.peerWithin(entry, own, first, end)
    if (isOwner(had)) return had
    const hadBefore = names.peerWithin(entry, own, first - lateSeconds, end)
    return isOwner(hadBefore) ? hadBefore : whole
  }
}

/** Numbers of connections of each row. */
function connectionsOf(frame: Frame) {
  const flows = numbersOf(frame, 'num_flows')
  const started = numbersOf(frame, 'num_flows_started')
  const completed = numbersOf(frame, 'num_flows_completed')
  const row = { flows: 0, started: 0, completed: 0 }
  return (at: number): RowConnections => {
    row.flows = flows[at]! || 0
    row.started = started[at]! || 0
    row.completed = completed[at]! || 0
    return row
  }
}

/** A verdict of its own that came with the record, or a leg that policy never sees, is left as it is. */
const isJudged = ({ definition: { dimensions }, local }: FrameSeries) =>
  !local && dimensions['evidence'] === undefined && dimensions['policies.enforced_policies'] === undefined

/** The judgement of one row; a function for each moment. */
type RowJudge = (
  series: FrameSeries,
  row: number,
  source: Endpoint,
  dest: Endpoint,
  service: ServicePort | undefined,
) => Standing | undefined

/**
 * A row's destination by the names that gave the client its address. Names that gave it the address of a service say nothing
 * of the endpoint behind it.
 */
type CallPlace = (place: Place, row: number) => Place

function createCallPlace(frame: Frame, places: Places): CallPlace {
  const dialled = valuesOf(frame, 'dialled_ip')
  const { dictionary, index } = valuesOf(frame, 'dest_domains')
  const { dictionary: aliasLists, index: aliasIndex } = valuesOf(frame, 'dest_domain_aliases')
  const known: ({ readonly place: Place; readonly alias: number; readonly called: Place } | undefined)[] = []
  return (place, row) => {
    const entry = index[row]!
    const domains = dictionary[entry] as readonly string[] | undefined
    if (domains === undefined || dialled.dictionary[dialled.index[row]!] !== undefined) return place
    const alias = aliasIndex[row]!
    // Fast path: the place that these names called last.
    const found = known[entry]
    if (found?.place === place && found.alias === alias) return found.called
    const called = places.called(place, { domains, aliases: (aliasLists[alias] as Names['aliases'] | undefined) ?? [] })
    known[entry] = { place, alias, called }
    return called
  }
}

interface EndEntries {
  readonly names: EntryNames
  readonly index: ValueColumn['index']
}

function createRowJudge(
  frame: Frame,
  host: string,
  moment: Moment,
  deps: NameDeps,
  { judge, isLasting }: Judging,
  from: EndEntries,
  to: EndEntries,
): RowJudge {
  const connections = connectionsOf(frame)
  const call = createCallPlace(frame, judge.places)
  const unbackedBy = createUnbackedTest(frame, host, moment, deps)
  const meantBy = createMeant(frame, moment, deps, judge.places)
  // One for all rows: the judge reads it before the next row and keeps nothing of it.
  const report: { -readonly [Member in keyof Report]?: Report[Member] } = { host }
  return (series, row, source, dest, service) => {
    if (!isJudged(series)) return undefined
    const { isSource, podUid, definition } = series
    const sourceEntry = from.index[row]!
    const destEntry = to.index[row]!
    const sourcePlace = isSource
      ? from.names.ownPlace(podUid, sourceEntry, source)
      : from.names.peerPlace(sourceEntry, source)
    const called = isSource
      ? call(to.names.peerPlace(destEntry, dest), row)
      : to.names.ownPlace(podUid, destEntry, dest)
    const unbacked = unbackedBy(series, row, source, dest)
    // Fast path: most rows dialled no service, or the pod that they name is whom it was translated to.
    const meant = service && dest.type !== 'wep' && !unbacked ? meantBy(series, row, source) : undefined
    const destPlace = unbacked ? judge.places.unbacked(called, unbacked) : (meant?.place ?? called)
    report.own = definition.dimensions
    report.source = sourcePlace
    report.dest = destPlace
    report.sourceNode = source.node
    report.destNode = meant ? nodeOfMeant(meant, source) : dest.node
    const key = pairKey(sourcePlace.id, destPlace.id)
    return judge.judge(definition.standings, key, report as Report, connections(row), moment.at, isLasting)
  }
}

/** Ids of judgements begin with 1. */
const noJudgement = 0

export function createFlowNamer(
  frame: Frame,
  from: Provenance,
  deps: NameDeps,
  judging: Judging | undefined,
): FrameNamer {
  const sources: ValueColumn = valuesOf(frame, 'source_ip')
  const dests: ValueColumn = valuesOf(frame, 'dest_ip')
  const active = { from: numbersOf(frame, 'active_from'), to: numbersOf(frame, 'active_to') }
  const counts = new Uint8Array(frame.rows.count)
  const places = judging?.judge.places
  return {
    columns: new Map([['counts', { kind: 'values', dictionary: countsDictionary, index: counts }]]),
    at(moment) {
      const sourceNames = createEntryNames(sources, moment, deps, places)
      const destNames = createEntryNames(dests, moment, deps, places)
      const sourcePeer = createPeerOfRow(active, sourceNames, moment)
      const destPeer = createPeerOfRow(active, destNames, moment)
      const serviceOf = serviceNames(frame, moment, deps)
      const behind = workloadsBehind(frame, moment, deps)
      const coverage = {
        wasGone: deps.agents.wasGone(frame.agent, moment.at),
        sourceCovered: sourceNames.covered,
        destCoveredByOther: destNames.coveredByOther,
      }
      const judgeRow =
        judging &&
        createRowJudge(
          frame,
          from.host,
          moment,
          deps,
          judging,
          { names: sourceNames, index: sources.index },
          { names: destNames, index: dests.index },
        )
      let own: Row = {}
      let source = nowhere
      let dest = nowhere
      let service: ServicePort | undefined
      let doubt: Row | undefined
      /** Read where there is a standing alone. */
      const judged = { judgement: undefined, slot: undefined, source: 0, dest: 0, service: 0 } as unknown as {
        -readonly [Member in keyof Judged]: Judged[Member]
      }
      const named = {
        group: 0 as number | string,
        key: 0 as number | string,
        isElsewhere: false,
        judged: undefined as Judged | undefined,
        dimensions: () => flowDimensions(own, from, source, dest, service, doubt ?? named.judged?.judgement.fields),
      }
      return (series, row) => {
        const sourceEntry = sources.index[row]!
        const destEntry = dests.index[row]!
        const { isSource, podUid } = series
        own = series.definition.dimensions
        if (isSource) {
          source = sourceNames.own(podUid, sourceEntry)
          dest = destPeer(destEntry, source, row)
          if (dest.type === 'hep') dest = hostPod(dest, series, moment, deps)
        } else {
          dest = destNames.own(podUid, destEntry)
          source = sourcePeer(sourceEntry, dest, row)
        }
        service = serviceOf(series, row)
        named.isElsewhere =
          isOwnEndSeen(series) &&
          (isSource
            ? sourceNames.isElsewhere(podUid, sourceEntry, source)
            : destNames.isElsewhere(podUid, destEntry, dest))
        doubt = named.isElsewhere ? elsewhereFields(from.host, isSource ? source : dest) : undefined
        // What its agent cannot have seen is no evidence of anything.
        const standing = named.isElsewhere ? undefined : judgeRow?.(series, row, source, dest, service)
        const judgement = standing?.told
        // After the judge, who asks about each that may have been meant.
        if (service && dest === networks.pvt) dest = behind(service, series, row) ?? dest
        if (standing && judgement) {
          judged.judgement = judgement
          judged.slot = standing.slot
          judged.source = source.id
          judged.dest = dest.id
          judged.service = service?.id ?? noService
          named.judged = judged
        } else named.judged = undefined
        const reporter = judgement?.reporter ?? series.reporter
        const isCounted = !named.isElsewhere && countsInTotals(reporter, series.local, coverage, sourceEntry, destEntry)
        counts[row] = isCounted ? 2 : 1
        const ownId = isSource ? source.id : dest.id
        named.group = named.isElsewhere ? `elsewhere ${ownId}` : pairKey(ownId, judgement?.id ?? noJudgement)
        named.key = pairKey(service?.id ?? noService, isSource ? dest.id : source.id)
        return named
      }
    },
  }
}

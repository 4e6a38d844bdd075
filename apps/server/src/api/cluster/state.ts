// The cluster of one moment, made ready for questions: objects read, policies sorted, an engine that judges. Made once per
// version of the objects and moment, in steps between which others are answered; what was read of an object is kept with
// it, so a change of one pod costs that pod.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Engine, Issue, ParsedSnapshot, Prepared, Snapshot } from '@margay/policy'
import { createEngine, emptySnapshot, parseSnapshot, policyKey, prepare } from '@margay/policy'
import type { Document, StoredObject, Versions } from './versions.ts'

export interface ClusterState {
  readonly versions: readonly StoredObject[]
  readonly snapshot: Snapshot
  readonly issues: readonly Issue[]
  readonly engine: Engine
  readonly prepared: Prepared
  readonly find: (kind: string, namespace: string | undefined, name: string) => StoredObject | undefined
}

export interface ClusterStates {
  /** The cluster now, or at a moment, Unix seconds. */
  of(at?: number): Promise<ClusterState>
}

const read = new WeakMap<StoredObject, ParsedSnapshot>()

function readVersion(version: StoredObject): ParsedSnapshot {
  const found = read.get(version)
  if (found) return found
  const parsed = parseSnapshot([version.document])
  read.set(version, parsed)
  return parsed
}

/** Objects of kinds that no verdict depends on (services, owners) are there for their names. */
const isStranger = ({ path, severity }: Issue) => path === 'kind' && severity === 'warning'

type List = Exclude<keyof Snapshot, 'options'>
const lists = Object.keys(emptySnapshot).filter((name): name is List => name !== 'options')

function join(parts: readonly ParsedSnapshot[]): ParsedSnapshot {
  const joined = Object.fromEntries(lists.map((name) => [name, parts.flatMap(({ snapshot }) => [...snapshot[name]])]))
  const snapshot = { ...emptySnapshot, ...joined } as Snapshot
  const policies = [...new Map(snapshot.policies.map((policy) => [policyKey(policy), policy])).values()]
  const issues = parts.flatMap((part) => part.issues.filter((issue) => !isStranger(issue)))
  return { snapshot: { ...snapshot, policies }, issues }
}

/** Objects that are read between two looks at who else waits: some milliseconds. */
const stepObjects = 200

/** Reads objects into one snapshot, with turns for others in between. */
export async function readSnapshot(versions: readonly StoredObject[]): Promise<ParsedSnapshot> {
  const parts: ParsedSnapshot[] = []
  for (let from = 0; from < versions.length; from += stepObjects) {
    parts.push(...versions.slice(from, from + stepObjects).map(readVersion))
    await nextTurn()
  }
  return join(parts)
}

const placeOf = (kind: string, namespace: string | undefined, name: string) => `${kind} ${namespace ?? ''}/${name}`

function indexOf(versions: readonly StoredObject[]): ReadonlyMap<string, StoredObject> {
  return new Map(
    versions.map((version) => {
      const { kind, namespace, name } = version
      return [placeOf(kind, namespace, name), version]
    }),
  )
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

async function makeState(versions: readonly StoredObject[]): Promise<ClusterState> {
  const { snapshot, issues } = await readSnapshot(versions)
  const engine = once(() => createEngine(snapshot))
  const prepared = once(() => prepare(snapshot))
  const index = once(() => indexOf(versions))
  return {
    versions,
    snapshot,
    issues,
    get engine() {
      return engine()
    },
    get prepared() {
      return prepared()
    },
    find: (kind, namespace, name) => index().get(placeOf(kind, namespace, name)),
  }
}

const isSame = (a: readonly StoredObject[], b: readonly StoredObject[]) =>
  a === b || (a.length === b.length && a.every((version, index) => version === b[index]))

/** Past moments that are kept ready: somebody goes back and forth between a few. */
const keptMoments = 4

export function createClusterStates(versions: Versions): ClusterStates {
  let present: { readonly versions: readonly StoredObject[]; readonly state: Promise<ClusterState> } | undefined
  const past = new Map<number, Promise<ClusterState>>()

  function presentState(): Promise<ClusterState> {
    const current = versions.now()
    if (!present || !isSame(present.versions, current)) present = { versions: current, state: makeState(current) }
    return present.state
  }

  function pastState(at: number): Promise<ClusterState> {
    const found = past.get(at)
    const state = found ?? versions.at(at).then(makeState)
    past.delete(at)
    past.set(at, state)
    state.catch(() => past.delete(at))
    for (const moment of past.keys()) {
      if (past.size <= keptMoments) break
      past.delete(moment)
    }
    return state
  }
  return { of: (at) => (at === undefined ? presentState() : pastState(at)) }
}

/** Documents of one kind. */
export const documentsOf = ({ versions }: ClusterState, kind: string): readonly Document[] =>
  versions.filter((version) => version.kind === kind).map(({ document }) => document)

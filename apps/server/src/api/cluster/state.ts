// The cluster of one moment, made ready for questions: objects read, policies sorted, an engine that judges. Made once per
// version of the objects and moment, in steps between which others are answered; what was read of an object is kept with
// it, so a change of one pod costs that pod.
import type { Engine, Issue, ParsedSnapshot, Prepared, Snapshot } from '@margay/policy'
import { createEngineInSteps, emptySnapshot, parseSnapshot, policyKey, prepare } from '@margay/policy'
import { podBlocksOf } from '../../judge/index.ts'
import { inTurns, runSteps } from '../turns.ts'
import type { Unseen } from '../../kubernetes/index.ts'
import type { ObjectDocument, ObjectHistory, StoredObject } from '../../objects/index.ts'
import { groupOf } from '../../objects/index.ts'
import type { NamedPods } from './pod-workloads.ts'
import { indexPods } from './pod-workloads.ts'

/** An object by what tells it from all others of its moment. */
export interface Wanted {
  /** Of its API, empty for the core group: kinds of two groups may have one name. */
  readonly group: string
  readonly kind: string
  /** Absent where the kind has none. */
  readonly namespace?: string
  readonly name: string
}

export interface ClusterState {
  readonly versions: readonly StoredObject[]
  readonly snapshot: Snapshot
  readonly issues: readonly Issue[]
  /** Made when it is first asked for, in steps. */
  readonly engine: () => Promise<Engine>
  readonly prepared: Prepared
  /** Pods by the namespace and name under which records aggregate them, `shop/web-7d9f8b6c54-*`. */
  readonly podsOf: (aggregated: string) => NamedPods | undefined
  readonly find: (wanted: Wanted) => StoredObject | undefined
}

export interface ClusterStates {
  /** The cluster now, or at a moment, Unix seconds. */
  of(at?: number): Promise<ClusterState>
  /** Kinds that its verdicts rest on and that were never read; of a past moment those of which it has no object either. */
  unseen(state: ClusterState, at?: number): readonly Unseen[]
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
async function readSnapshot(versions: readonly StoredObject[]): Promise<ParsedSnapshot> {
  const { snapshot, issues } = join(await inTurns(versions, readVersion, { step: stepObjects }))
  // An address of a node's block is a pod's, also where that pod is gone: who it was is a missing fact, not an outside.
  const podBlocks = versions.flatMap(podBlocksOf)
  return { snapshot: { ...snapshot, options: { ...snapshot.options, podBlocks } }, issues }
}

const placeOf = ({ group, kind, namespace, name }: Wanted) => `${group}/${kind} ${namespace ?? ''}/${name}`

function wantedOf({ apiVersion, kind, namespace, name }: StoredObject): Wanted {
  return { group: groupOf(apiVersion), kind, name, ...(namespace !== undefined && { namespace }) }
}

function indexOf(versions: readonly StoredObject[]): ReadonlyMap<string, StoredObject> {
  return new Map(versions.map((version) => [placeOf(wantedOf(version)), version]))
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

async function makeState(versions: readonly StoredObject[]): Promise<ClusterState> {
  const { snapshot, issues } = await readSnapshot(versions)
  const prepared = once(() => prepare(snapshot))
  const index = once(() => indexOf(versions))
  const pods = once(() => indexPods(versions))
  return {
    versions,
    snapshot,
    issues,
    engine: once(() => runSteps(createEngineInSteps(snapshot))),
    get prepared() {
      return prepared()
    },
    podsOf: (aggregated) => pods().get(aggregated),
    find: (wanted) => index().get(placeOf(wanted)),
  }
}

const isOf = (version: StoredObject, kind: string | undefined, group: string | undefined): boolean =>
  version.kind === kind && groupOf(version.apiVersion) === group

/** States are kept as long as the lists that they were made of: the present one and those that the history remembers. */
export function createClusterStates(
  objects: Pick<ObjectHistory, 'at' | 'present'>,
  unseen: () => readonly Unseen[] = () => [],
): ClusterStates {
  const states = new WeakMap<readonly StoredObject[], Promise<ClusterState>>()
  const stateOf = (versions: readonly StoredObject[]): Promise<ClusterState> => {
    const known = states.get(versions)
    if (known) return known
    const state = makeState(versions)
    states.set(versions, state)
    // What failed is not remembered: the next one who asks tries again.
    state.catch(() => states.delete(versions))
    return state
  }
  return {
    of: async (at) => stateOf(await (at === undefined ? objects.present() : objects.at(at))),
    unseen: ({ versions }, at) =>
      unseen().filter(({ kind, group }) => at === undefined || !versions.some((version) => isOf(version, kind, group))),
  }
}

/** Documents of one kind. */
export const documentsOf = ({ versions }: ClusterState, kind: string): readonly ObjectDocument[] =>
  versions.filter((version) => version.kind === kind).map(({ document }) => document)

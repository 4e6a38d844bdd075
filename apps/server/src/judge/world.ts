// The objects that verdicts rest on, as the judge keeps them: the present engine, the past one, and what is read of addresses
// and policies beside them. One document in, one document out; whoever was judged by what changed finds out by `changes`.
import type { Cidr, Engine, Evaluation, Flow, Issue, Policy, Step } from '@margay/policy'
import {
  blocksOf,
  domainsOf,
  createEngine,
  createFeed,
  defaultOptions,
  emptySnapshot,
  parseCidr,
  policyKey,
} from '@margay/policy'
import type { PolicyName } from '../policy-use/activity.ts'
import { createGenerations } from './generations.ts'
import type { AddressClasses } from './address-classes.ts'
import { createAddressClasses } from './address-classes.ts'
import type { DomainClasses } from './domain-classes.ts'
import { createDomainClasses } from './domain-classes.ts'
import type { KnownAddresses } from './known-addresses.ts'
import { createKnownAddresses } from './known-addresses.ts'
import { createLingeringPods } from './lingering-pods.ts'
import type { Look } from './first-look.ts'
import { datedSteps, lookAt } from './first-look.ts'
import type { PastConfig } from './past.ts'
import { createPast } from './past.ts'

/** A Kubernetes object, as sources tell of it. */
export interface JudgedObject {
  readonly uid: string
  readonly kind: string
  readonly document: Readonly<Record<string, unknown>>
}

export interface World {
  /**
   * The object is as given from `at` on, Unix seconds; at 0 it was found so, by a look at `foundAt`. `unseenSince`: nobody
   * watched from then to `at`. What was found holds since it was made.
   */
  readonly put: (object: JudgedObject, at: number, unseenSince?: number, foundAt?: number) => void
  readonly remove: (uid: string, at: number) => void
  readonly engine: Engine
  /** Grows with everything that may change a verdict. */
  readonly changes: number
  /** Unix seconds of the last change. */
  readonly changedAt: number
  /** Whether anybody told of any object. */
  readonly isFilled: boolean
  readonly evaluateAt: (flow: Flow, moment: number) => Evaluation | undefined
  readonly classes: AddressClasses
  readonly domains: DomainClasses
  readonly known: KnownAddresses
  /**
   * The generation of a policy at a moment, Unix seconds, also where it is gone since; or as it is now. 0 where it is not
   * known, or states none.
   */
  readonly generationOf: (policy: PolicyName, at?: number) => number
  /** Names by which rules of nodes may speak of policies. */
  readonly names: () => {
    readonly policies: Iterable<Policy>
    readonly profiles: Iterable<string>
    readonly tiers: Iterable<string>
  }
  /** Grows with everything that `names` gives. */
  readonly namesChanged: number
  /** Objects that cannot be judged by, by uid. */
  readonly issues: ReadonlyMap<string, Issue>
  readonly trim: (now: number) => void
}

/** The policies themselves need no engine: nothing is remembered there, since every flow is followed. */
const engineConfig = { remember: 1 }

/** Blocks from which a node gives its pods addresses; none of other objects. */
export function podBlocksOf({ kind, document }: Pick<JudgedObject, 'kind' | 'document'>): readonly Cidr[] {
  if (kind !== 'Node') return []
  const { podCIDRs, podCIDR } = (document['spec'] ?? {}) as { podCIDRs?: unknown; podCIDR?: unknown }
  const texts = Array.isArray(podCIDRs) ? podCIDRs : [podCIDR]
  return texts.flatMap((text) => (typeof text === 'string' ? (parseCidr(text) ?? []) : []))
}

/** An error, or else nothing: a warning leaves the object as good as it is. */
const worstOf = (issues: readonly Issue[]) => issues.find(({ severity }) => severity === 'error')

export function createWorld(config: PastConfig): World {
  const engine = createEngine(emptySnapshot, engineConfig)
  const feed = createFeed()
  const classes = createAddressClasses()
  const domains = createDomainClasses()
  const policies = new Map<string, Policy>()
  const generations = createGenerations()
  const issues = new Map<string, Issue>()
  const podBlocks = new Map<string, readonly Cidr[]>()
  const known = createKnownAddresses(config)
  const lingering = createLingeringPods()
  const objects = new Set<string>()
  /** Names of what there is beside policies. */
  const names = { namespace: new Set<string>(), profile: new Set<string>(), tier: new Set<string>() }
  let namesChanged = 0
  let options = defaultOptions
  let changes = 0

  const past = createPast(config, function* () {
    yield { replace: 'options', values: options }
    yield* feed.present()
    yield* lingering.present()
  })

  function noteBlocks(blocks: readonly Cidr[], at: number): void {
    for (const block of blocks) classes.add(block, at)
  }
  function noteRules(rules: Pick<Policy, 'ingress' | 'egress'>, at: number): void {
    noteBlocks(blocksOf(rules), at)
    domains.add(domainsOf(rules), at)
  }
  function noteName({ forward }: Step): void {
    const kind = 'put' in forward ? forward.put : 'remove' in forward ? forward.remove : undefined
    if (kind !== 'namespace' && kind !== 'profile' && kind !== 'tier' && kind !== 'policy') return
    namesChanged += 1
    if (kind === 'policy') return
    if ('put' in forward) names[kind].add((forward.value as { readonly name: string }).name)
    else if ('remove' in forward) names[kind].delete(forward.key)
  }
  /** What is read of a change beside the engine. */
  function noteForward({ forward }: Step, at: number): void {
    if ('remove' in forward && forward.remove === 'policy') {
      const gone = policies.get(forward.key)
      if (gone) generations.end(gone, at)
      policies.delete(forward.key)
    }
    if (!('put' in forward)) return
    switch (forward.put) {
      case 'policy':
        policies.set(policyKey(forward.value), forward.value)
        generations.note(forward.value, at)
        noteRules(forward.value, at)
        break
      case 'networkSet':
        noteBlocks(forward.value.nets, at)
        domains.add(forward.value.domains, at)
        break
      case 'profile':
        noteRules(forward.value, at)
        break
      case 'hostEndpoint':
      case 'node':
      case 'service':
      case 'pod':
      case 'namespace':
      case 'serviceAccount':
      case 'tier':
    }
  }
  function apply(step: Step, at: number): void {
    changes += 1
    engine.apply(step.forward)
    past.note(step, at)
  }
  /** A change that was found holds in the past since its object was made. */
  function applyFound(step: Step, look: Look): boolean {
    const dated = datedSteps(step, look)
    if (!dated) return false
    changes += 1
    engine.apply(step.forward)
    for (const { step: then, at } of dated) past.insert(then, at, look.at)
    return true
  }
  function take(step: Step, at: number, look?: Look): void {
    if (!look || !applyFound(step, look)) apply(lingering.take(step, at), at)
    noteForward(step, at)
    noteName(step)
    known.take(step, at)
  }
  function setPodBlocks(uid: string, blocks: readonly Cidr[], at: number): void {
    if (JSON.stringify(podBlocks.get(uid) ?? []) === JSON.stringify(blocks)) return
    if (blocks.length > 0) podBlocks.set(uid, blocks)
    else podBlocks.delete(uid)
    const before = options
    options = { ...options, podBlocks: [...podBlocks.values()].flat() }
    noteBlocks(blocks, at)
    take({ forward: { replace: 'options', values: options }, backward: { replace: 'options', values: before } }, at)
  }
  /** The look that found an object. Of one that is known it is known what it said before. */
  function lookOf({ uid, document }: JudgedObject, at: number, unseenSince?: number, foundAt?: number) {
    if (objects.has(uid)) return undefined
    const lookedAt = at === 0 ? foundAt : unseenSince === undefined ? undefined : at
    if (lookedAt === undefined) return undefined
    return lookAt(document, { at: lookedAt, after: unseenSince ?? 0, otherwise: at })
  }
  return {
    put(object, at, unseenSince, foundAt) {
      const { steps, issues: found } = feed.put(object.uid, object.document)
      const look = lookOf(object, at, unseenSince, foundAt)
      for (const step of steps) take(step, at, look)
      setPodBlocks(object.uid, podBlocksOf(object), at)
      const worst = worstOf(found)
      if (worst) issues.set(object.uid, worst)
      else issues.delete(object.uid)
      if (objects.size === 0) changes += 1
      objects.add(object.uid)
    },
    remove(uid, at) {
      for (const step of feed.remove(uid)) take(step, at)
      setPodBlocks(uid, [], at)
      issues.delete(uid)
      objects.delete(uid)
    },
    engine,
    get changes() {
      return changes
    },
    get changedAt() {
      return past.changedAt
    },
    get isFilled() {
      return objects.size > 0
    },
    evaluateAt: (flow, moment) => past.evaluate(flow, moment),
    classes,
    domains,
    known,
    generationOf: (policy, at) => generations.of(policy, at),
    names: () => ({
      policies: policies.values(),
      profiles: [...names.profile, ...Array.from(names.namespace, (namespace) => `kns.${namespace}`)],
      tiers: [...names.tier, ...new Set(Array.from(policies.values(), ({ tier }) => tier))],
    }),
    get namesChanged() {
      return namesChanged
    },
    issues,
    trim(now) {
      for (const [step, at] of lingering.due(now)) apply(step, at)
      past.trim(now)
      known.trim(now)
      generations.forgetBefore(now - config.keepSeconds)
    },
  }
}

// The Kubernetes API as a source of objects: finds out which of our kinds it serves, follows each of them, and tells how that
// goes. Kinds that come later are followed from then on, kinds that go take their objects with them.
import type { Health, Logger, Part } from '@margay/kit'
import { createBackoff, sleep } from '@margay/kit'
import { groupOf } from '../objects/object.ts'
import type { ObjectSource } from '../objects/recorder.ts'
import type { AccessSource } from './access.ts'
import { AccessError } from './access.ts'
import { createClient } from './client.ts'
import type { KubernetesConfig } from './config.ts'
import type { Contact, ContactConfig } from './contact.ts'
import { createContact, usualContact } from './contact.ts'
import type { Look, Resource } from './discovery.ts'
import { createDiscovery, pathOf, resourceKey } from './discovery.ts'
import type { FollowConfig, FollowState, Heard } from './follow.ts'
import { follow, usualFollow } from './follow.ts'
import type { Unseen } from './state.ts'
import { nothingSeen, stageOf, unseenKinds } from './state.ts'
import { createSureness, knowsNames } from './sureness.ts'

export interface KubernetesSourceConfig extends Pick<KubernetesConfig, 'discoverSeconds' | 'pageObjects'> {
  /** For tests, which cannot wait as long as a cluster does. */
  readonly follow?: Partial<FollowConfig>
  readonly contact?: ContactConfig
}

export interface KubernetesSourceDeps {
  readonly access: AccessSource
  readonly objects: ObjectSource
  readonly log: Logger
  readonly health: Health
  /** Unix milliseconds. */
  readonly clock: () => number
}

export interface KubernetesSource extends Part {
  /** Whether everything that the API server may be asked for is followed, so that names are those of now. */
  isCurrent(): boolean
  /** Since when (Unix milliseconds) names may be out of date and may come right soon; undefined where they are not. */
  unsureSince(): number | undefined
  /** What verdicts rest on and was never read, or may not be read any more. Empty where all of it is known. */
  unseen(): readonly Unseen[]
}

interface Followed {
  readonly resource: Resource
  readonly stop: AbortController
  state: FollowState | undefined
  /** Whether it was read whole at least once. */
  isSeen: boolean
}

export function createKubernetesSource(config: KubernetesSourceConfig, deps: KubernetesSourceDeps): KubernetesSource {
  const { access, objects, log, health, clock } = deps
  const stage = health.stage('kubernetes')
  const followed = new Map<string, Followed>()
  /** By kind, also of those that are not followed any more. */
  const heard = new Map<string, Heard>()
  let contact: Contact | undefined
  let server = 'an unknown address'
  let discovery: string | undefined
  let isSettled = false
  let told: string | undefined
  const sureness = createSureness(clock)

  const isCurrent = () =>
    isSettled && !contact?.lost() && [...followed.values()].every(({ state }) => state?.state !== 'failing')
  const noteSureness = () => {
    const lost = contact?.lost()
    const kinds = [...followed.values()].map(({ resource, state }) => [resource.kind, state] as const)
    sureness.note(lost === undefined && knowsNames(kinds), lost?.since)
  }
  const report = () => {
    noteSureness()
    const kinds = [...followed.values()].map(({ resource, state }) => [resource, state] as const)
    const standing = stageOf({ server, lost: contact?.lost(), discovery, kinds })
    stage.set(standing)
    if (standing.state !== told && standing.state === 'degraded') {
      log.warn('the cluster is not followed whole', { detail: standing.detail, hint: standing.hint })
    }
    told = standing.state
    // Refused and failing kinds are known as far as they will be; whoever waits must not wait for them.
    if (isSettled || followed.size === 0 || !kinds.every(([, state]) => state)) return
    isSettled = true
    objects.settle()
    log.info('the cluster is known', { server, kinds: kinds.length })
  }
  /** A fault of our own ended the follower: its kind counts as failing until discovery starts another. */
  const fail = (entry: Followed, error: unknown) => {
    const { kind, group } = entry.resource
    const detail = error instanceof Error ? error.message : String(error)
    entry.stop.abort()
    entry.state = { state: 'failing', detail }
    log.error('a kind is not followed until the next discovery', { kind, group, detail })
    report()
  }
  const life = async (signal: AbortSignal): Promise<void> => {
    const client = createClient(access)
    const reach = createContact(config.contact ?? usualContact, { client, clock, onChange: report })
    contact = reach
    const looks = createDiscovery(client)
    const tasks = new Set<Promise<void>>()

    const heardOf = (key: string): Heard => {
      const known = heard.get(key) ?? { until: undefined, isListed: false }
      heard.set(key, known)
      return known
    }
    const start = (resource: Resource) => {
      const key = resourceKey(resource)
      const entry: Followed = { resource, stop: new AbortController(), state: undefined, isSeen: false }
      followed.set(key, entry)
      const settings = { ...usualFollow, pageObjects: config.pageObjects, ...config.follow }
      const onState = (state: FollowState) => {
        if (followed.get(key) !== entry) return
        noteState(entry, state)
        if (state.state === 'failing') reach.check()
        report()
      }
      const onProblem = (problem: string) => log.warn('an object of the API cannot be read', { problem })
      const task = follow(
        resource,
        settings,
        { client, objects, onState, onProblem, era: () => reach.era(), heard: heardOf(key), clock },
        AbortSignal.any([signal, entry.stop.signal]),
      ).then(
        () => {
          tasks.delete(task)
          // Not served any more; discovery finds it when it comes back.
          if (followed.get(key) === entry) followed.delete(key)
        },
        (error: unknown) => {
          tasks.delete(task)
          fail(entry, error)
        },
      )
      tasks.add(task)
    }
    const stop = (key: string, { resource, stop: ended }: Followed) => {
      followed.delete(key)
      ended.abort()
      objects.sweep(
        ({ kind, apiVersion }) => kind === resource.kind && groupOf(apiVersion) === resource.group,
        new Set(),
      )
      log.info('a kind is not served any more', { kind: resource.kind, group: resource.group })
    }
    // One look may miss a kind: an API server that has just started does not serve its custom resources yet, and says so.
    let servedBefore: ReadonlySet<string> | undefined
    let uncertainBefore: ReadonlySet<string> = new Set()
    let lookedAt = 0
    const apply = ({ served, uncertain }: Look) => {
      const before = servedBefore
      const absentUntil = lookedAt
      servedBefore = new Set(served.keys())
      lookedAt = Math.floor(clock() / 1000)
      // What is not served has no objects that anybody could miss.
      for (const [key, { group }] of served) {
        if (before && !before.has(key) && !uncertainBefore.has(group)) heardOf(key).until = absentUntil
      }
      uncertainBefore = uncertain
      const isGone = (key: string) => before !== undefined && !before.has(key) && !served.has(key)
      for (const [key, entry] of followed) {
        const now = served.get(key)
        if (isGone(key)) stop(key, entry)
        else if (!now) continue
        else if (pathOf(now) !== pathOf(entry.resource)) entry.stop.abort()
      }
      for (const [key, resource] of served) {
        const entry = followed.get(key)
        if (!entry || entry.stop.signal.aborted) start(resource)
      }
      objects.sweep(({ kind, apiVersion }) => {
        const group = groupOf(apiVersion)
        return !uncertain.has(group) && isGone(resourceKey({ group, kind }))
      }, new Set())
    }
    const discover = async () => {
      const backoff = createBackoff({ firstMs: 250, mostMs: 10_000 })
      while (!signal.aborted) {
        try {
          server = (await access.current()).server
          apply(await looks.look(AbortSignal.any([signal, reach.era()])))
          discovery = undefined
          backoff.reset()
        } catch (error) {
          discovery = (error as Error).message
          if (error instanceof AccessError) log.warn('the Kubernetes API cannot be reached', { reason: discovery })
        }
        if (signal.aborted) break
        report()
        const waitMs = discovery === undefined ? config.discoverSeconds * 1000 : backoff.next()
        await sleep(waitMs, AbortSignal.any([signal, reach.era()]))
      }
    }
    try {
      await Promise.all([reach.run(signal), discover()])
    } finally {
      await Promise.allSettled(tasks)
      client.reset()
    }
  }
  const noteState = (entry: Followed, state: FollowState) => {
    const isNews = entry.state?.state !== state.state
    entry.state = state
    if (state.state === 'following') entry.isSeen = true
    // That the server is away is told once, not by every kind.
    if (!isNews || state.state === 'following' || contact?.lost()) return
    const { kind, group } = entry.resource
    log.info('a kind is not followed for now', { kind, group, ...state })
  }
  return {
    name: 'kubernetes',
    isCurrent,
    unseen() {
      if (followed.size === 0) return [nothingSeen]
      const unread = [...followed.values()].filter(({ isSeen, state }) => !isSeen || state?.state === 'refused')
      return unseenKinds(unread.map(({ resource, state }) => ({ resource, refused: state?.state === 'refused' })))
    },
    unsureSince: () => sureness.unsureSince(),
    async run(signal) {
      stage.set({ state: 'starting' })
      followed.clear()
      await life(signal)
    },
  }
}

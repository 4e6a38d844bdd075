// Follows one kind: a list in pages, then a watch from the list's version on, for as long as it goes; and what to do when it
// does not. What must stay true: after any interruption either every change is heard (the watch resumes where it was) or all
// objects are listed again and compared, so that nothing that vanished meanwhile stays; and what is told late is told with the
// time since when nobody watched, for it happened at some moment between.
import type { Backoff } from '@margay/kit'
import { createBackoff, sleep } from '@margay/kit'
import type { ClusterObject, ObjectDocument } from '../objects/object.ts'
import { groupOf } from '../objects/object.ts'
import { readClusterObject } from '../objects/read-object.ts'
import type { ObjectSource } from '../objects/recorder.ts'
import type { ApiClient } from './client.ts'
import { ApiStatusError, statusError } from './client.ts'
import type { Resource } from './discovery.ts'
import { apiVersionOf, pathOf } from './discovery.ts'
import { createListItems } from './list-items.ts'

/** How it stands with one kind. */
export type FollowState =
  | { readonly state: 'following' }
  | { readonly state: 'refused'; readonly verb: 'list' | 'watch' }
  | { readonly state: 'failing'; readonly detail: string }

export interface FollowConfig {
  readonly pageObjects: number
  /**
   * A watch without a word for so long may be dead: an API server sends a bookmark every minute or so. It sends none for a
   * kind of which it has never seen a change, so the watch is asked for again and nothing else is concluded.
   */
  readonly silentMs: number
  /** A watch ends by itself after this, so that none outlives its API server's memory by far. */
  readonly watchSeconds: number
}

export const usualFollow: Omit<FollowConfig, 'pageObjects'> = { silentMs: 100_000, watchSeconds: 300 }

/** What is kept of a kind from one follower to the next. */
export interface Heard {
  /** Until when all that happened was heard, or nothing was there to be heard; undefined before anything is known. Unix seconds. */
  until: number | undefined
  /** Whether it was listed whole: what comes later is new. */
  isListed: boolean
}

export interface FollowDeps {
  readonly client: ApiClient
  readonly objects: ObjectSource
  readonly onState: (state: FollowState) => void
  readonly onProblem: (problem: string) => void
  /** Aborts when the API server was away and is back: waiting is over, and a watch from before may be dead unnoticed. */
  readonly era: () => AbortSignal
  /** Changed as things are heard. */
  readonly heard: Heard
  /** Unix milliseconds. */
  readonly clock: () => number
  readonly chance?: () => number
}

/** What an error means for a kind. */
export type Remedy = 'list again' | 'wait' | 'absent' | 'refused'

export function remedyOf(error: unknown): Remedy {
  if (!(error instanceof ApiStatusError)) return 'wait'
  switch (error.code) {
    // The version to resume at, or the page to continue from, is too old for the server to know.
    case 410:
      return 'list again'
    case 403:
      return 'refused'
    case 404:
      return 'absent'
    default:
      return error.reason === 'Expired' || error.reason === 'Gone' ? 'list again' : 'wait'
  }
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: ObjectDocument
}

/** Events that come so soon after a watch was opened may be of the time before. */
const catchUpSeconds = 5
/** A watch that is asked for again so soon missed nothing to speak of. */
const seamlessSeconds = 2

const createdAt = ({ metadata }: ObjectDocument): number =>
  new Date((metadata as { creationTimestamp?: string } | undefined)?.creationTimestamp ?? Number.NaN).getTime() / 1000

const versionOf = ({ metadata }: ObjectDocument): string | undefined =>
  (metadata as { resourceVersion?: string } | undefined)?.resourceVersion

const queryOf = (values: Readonly<Record<string, string>>) => `?${new URLSearchParams(values).toString()}`

/** Follows until the kind's path is not found or the signal aborts. Whether the kind is gone, discovery tells: a proxy may answer so. */
export async function follow(
  resource: Resource,
  config: FollowConfig,
  deps: FollowDeps,
  signal: AbortSignal,
): Promise<void> {
  const { client, objects, heard } = deps
  const now = () => Math.floor(deps.clock() / 1000)
  /** While events of the time before may come: until when, and since when nobody watched. */
  let missed: { readonly until: number; readonly since: number } | undefined
  const path = pathOf(resource)
  const apiVersion = apiVersionOf(resource)
  const isOfKind = (object: ClusterObject) =>
    object.kind === resource.kind && groupOf(object.apiVersion) === resource.group

  const read = (document: ObjectDocument): ClusterObject | undefined => {
    // Items of a list do not say what they are; an object served under several versions is known by the one we asked for.
    const found = readClusterObject({ ...document, apiVersion, kind: resource.kind })
    if (found.kind === 'object') return found.object
    if (found.kind === 'problem') deps.onProblem(found.problem)
    return undefined
  }
  /** A kind that was not served may have objects that are older: its server was away, or had just started. */
  const isFound = (document: ObjectDocument) =>
    heard.until === undefined || (!heard.isListed && createdAt(document) < heard.until)
  /** Lists everything; what was known and is not there any more is gone. The version to watch from. */
  const list = async (): Promise<string> => {
    const startedAt = now()
    const seen = new Set<string>()
    const until = AbortSignal.any([signal, deps.era()])
    let next = ''
    for (;;) {
      const query = { limit: String(config.pageObjects), ...(next !== '' && { continue: next }) }
      const page = createListItems()
      for await (const chunk of client.bytes(path + queryOf(query), until)) {
        for (const document of page.take(chunk) as Iterable<ObjectDocument>) {
          const object = read(document)
          if (!object) continue
          seen.add(object.uid)
          objects.put(object, isFound(document), heard.until)
        }
      }
      const { metadata } = page.end()
      next = metadata?.continue ?? ''
      if (next !== '') continue
      objects.sweep(isOfKind, seen, heard.until)
      heard.until = startedAt
      heard.isListed = true
      return metadata?.resourceVersion ?? ''
    }
  }
  const take = ({ type, object: document }: WatchEvent, unseenSince: number | undefined): string | undefined => {
    if (type === 'ERROR') throw statusError(500, document)
    if (type === 'BOOKMARK') return versionOf(document)
    const object = read(document)
    if (!object) return versionOf(document)
    if (type === 'DELETED') objects.remove(object.uid, unseenSince)
    else objects.put(object, false, unseenSince)
    return object.resourceVersion
  }
  const onOpen = () => {
    const since = heard.until ?? now()
    missed = now() - since > seamlessSeconds ? { since, until: now() + catchUpSeconds } : undefined
    deps.onState({ state: 'following' })
  }
  /** Since when nobody watched what comes now; undefined where it is heard as it happens. */
  const unseenSince = (): number | undefined => {
    if (missed && now() <= missed.until) return missed.since
    heard.until = now()
    return undefined
  }
  /** Watches from a version on; each event moves it on, so that the next watch resumes there. The events that came. */
  const watch: Steps['watch'] = async (position, onHeard) => {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: position.version,
      timeoutSeconds: String(config.watchSeconds),
    }
    const until = AbortSignal.any([signal, deps.era()])
    let isSilent = false
    const silence = () => {
      isSilent = true
      // A watch that was silent for long was there all the while: its end is no failure.
      onHeard()
    }
    for await (const line of client.lines(path + queryOf(query), until, config.silentMs, { open: onOpen, silence })) {
      position.version = take(JSON.parse(line) as WatchEvent, unseenSince()) ?? position.version
      onHeard()
    }
    // Ended by the server, it was there until then.
    if (!isSilent && !until.aborted) heard.until = now()
  }
  await followPatiently({ list, watch }, deps, signal)
}

/** The version up to which everything was heard. */
interface Position {
  version: string
}

interface Steps {
  readonly list: () => Promise<string>
  /** Calls `onHeard` for each event, and where silence ends it. */
  readonly watch: (position: Position, onHeard: () => void) => Promise<void>
}

/** Lists and watches in turn. An error loses the position only where the server says that it is lost. */
async function followPatiently({ list, watch }: Steps, deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff({ firstMs: 250, mostMs: 15_000 }, deps.chance)
  let position: Position | undefined

  const step = async (): Promise<void> => {
    position ??= { version: await list() }
    let isHeard = false
    await watch(position, () => {
      isHeard = true
      backoff.reset()
    })
    // A watch that ends at once, without a word, is asked again with care.
    if (!isHeard) await sleep(backoff.next(), signal)
  }
  while (!signal.aborted) {
    const era = deps.era()
    try {
      await step()
    } catch (error) {
      if (signal.aborted || era.aborted) continue
      const remedy = remedyOf(error)
      if (remedy === 'absent') return
      if (remedy === 'refused') deps.onState({ state: 'refused', verb: position ? 'watch' : 'list' })
      if (remedy === 'wait') deps.onState({ state: 'failing', detail: (error as Error).message })
      // After a refusal nobody knows what was missed.
      else position = undefined
      await pause(error, backoff, AbortSignal.any([signal, era]))
    }
  }
}

async function pause(error: unknown, backoff: Backoff, signal: AbortSignal): Promise<void> {
  const asked = error instanceof ApiStatusError ? (error.retryAfterMs ?? 0) : 0
  await sleep(Math.max(backoff.next(), asked), signal)
}

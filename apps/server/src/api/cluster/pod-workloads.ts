// Pods by the names under which records aggregate them: `web-7d9f8b6c54-*`, and `backup-*` for the runs of a cron job. Whole
// names are compared and never beginnings, for `backup-*` is not `backup-api-6d4c9-*`.
import { aggregatedBy } from '../../inventory/objects.ts'
import type { StoredObject } from '../../objects/index.ts'
import { textOf } from './document.ts'
import { controllerOf } from './workload.ts'

export interface NamedPods {
  /** `namespace/name` of the first of them in text order. */
  readonly first: string
  readonly second?: string
  readonly count: number
}

/** What a pod's name begins with, as whoever made it gave it; objects written by hand may tell of their maker alone. */
function generatedPrefix({ name, document }: StoredObject): string | undefined {
  const told = textOf(document, 'metadata', 'generateName')
  if (told !== undefined || !controllerOf(document)) return told
  return name.slice(0, name.lastIndexOf('-') + 1) || undefined
}

/** Names that end with a star: our own, and that of other systems, to which each run of a cron job is a workload. */
export function aggregatedNamesOf(pod: StoredObject): readonly string[] {
  const prefix = generatedPrefix(pod)
  return prefix === undefined ? [] : [...new Set([aggregatedBy(prefix), `${prefix}*`])]
}

function withPod(known: NamedPods | undefined, place: string): NamedPods {
  if (!known) return { first: place, count: 1 }
  const { first, second = place, count } = known
  if (place < first) return { first: place, second: first, count: count + 1 }
  return { first, second: place < second ? place : second, count: count + 1 }
}

/** Pods by `namespace/aggregated-name`. */
export function indexPods(versions: readonly StoredObject[]): ReadonlyMap<string, NamedPods> {
  const index = new Map<string, NamedPods>()
  for (const version of versions) {
    if (version.kind !== 'Pod') continue
    const place = `${version.namespace}/${version.name}`
    for (const name of aggregatedNamesOf(version)) {
      const key = `${version.namespace}/${name}`
      index.set(key, withPod(index.get(key), place))
    }
  }
  return index
}

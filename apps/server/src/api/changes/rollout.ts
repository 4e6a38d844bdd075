// Changes of workloads: another image, another number of replicas, another version of what they run; and the pods that came
// and went because of it.
import type { ObjectChange } from '../../objects/index.ts'
import { listOf, memberOf, numberOf, textOf } from '../cluster/document.ts'
import { workloadOf } from '../cluster/workload.ts'
import type { Finding } from './finding.ts'
import { titleOf } from './finding.ts'

export const workloadKinds: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])

/** Images by container. */
function imagesOf({ document }: ObjectChange['object']): ReadonlyMap<string, string> {
  const containers = listOf(document, 'spec', 'template', 'spec', 'containers')
  return new Map(containers.map((each) => [textOf(each, 'name') ?? '', textOf(each, 'image') ?? '']))
}

function imageLines(before: ObjectChange['object'], after: ObjectChange['object']): readonly string[] {
  const old = imagesOf(before)
  return [...imagesOf(after)]
    .filter(([container, image]) => old.get(container) !== image)
    .map(([container, image]) =>
      old.has(container)
        ? `image ${image} instead of ${old.get(container)}`
        : `container ${container} with image ${image} added`,
    )
}

const templateOf = ({ document }: ObjectChange['object']) =>
  JSON.stringify(memberOf(document, 'spec', 'template') ?? {})
const replicasOf = ({ document }: ObjectChange['object']) => numberOf(document, 'spec', 'replicas')

interface Told {
  readonly phrase: string
  readonly details: readonly string[]
}

/** A change of a workload in words; undefined where nothing of what runs is another. */
function tell({ change, object, before }: ObjectChange): Told | undefined {
  const title = titleOf(object)
  if (change === 'added') return { phrase: `${title} created`, details: [] }
  if (change === 'deleted') return { phrase: `${title} deleted`, details: [] }
  if (!before) return undefined
  const images = imageLines(before, object)
  if (images.length > 0) return { phrase: `rollout of ${title}: ${images[0]}`, details: images }
  if (templateOf(before) !== templateOf(object)) return { phrase: `rollout of ${title}: other pods`, details: [] }
  const [old, now] = [replicasOf(before), replicasOf(object)]
  if (old !== now) return { phrase: `${title} scaled from ${old ?? 1} to ${now ?? 1}`, details: [] }
  if (before.generation === object.generation) return undefined
  return { phrase: `${title} changed, generation ${object.generation}`, details: [] }
}

/** Pods that change later than so many seconds after the one before are another story. */
const quietSeconds = 120

const plural = (count: number) => `${count} ${count === 1 ? 'pod' : 'pods'}`

/** Pods of a workload that came and went from a moment on, until it was quiet. */
function podsSince(pods: readonly ObjectChange[], from: number) {
  const counts = { added: 0, deleted: 0 }
  let until = from
  for (const { time, change } of pods) {
    if (time < from) continue
    if (time > until + quietSeconds) break
    until = time
    if (change !== 'modified') counts[change] += 1
  }
  const { added, deleted } = counts
  const detail = added + deleted === 0 ? [] : [`${plural(added)} came, ${plural(deleted)} went`]
  return { until, detail }
}

function workloadKey({ object }: ObjectChange): string {
  const { kind, name } = workloadOf(object.document, () => undefined)
  return `${kind} ${object.namespace}/${name}`
}

/** Rollouts among changes, which are in the order of time. */
export function rolloutsIn(changes: readonly ObjectChange[]): readonly Finding[] {
  const pods = Map.groupBy(
    changes.filter(({ object, change }) => object.kind === 'Pod' && change !== 'modified'),
    workloadKey,
  )
  return changes
    .filter(({ object }) => workloadKinds.has(object.kind))
    .flatMap((each): Finding | readonly [] => {
      const told = tell(each)
      if (!told) return []
      const { object, time } = each
      const { until, detail } = podsSince(pods.get(`${object.kind} ${object.namespace}/${object.name}`) ?? [], time)
      const { phrase, details } = told
      return { kind: 'rollout', time, object, phrase, details: [...details, ...detail], ...(until > time && { until }) }
    })
}

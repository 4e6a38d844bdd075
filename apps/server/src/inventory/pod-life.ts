// What a pod's status tells of its beginning and end. A status cuts its times to whole seconds and is written by the kubelet
// some seconds after the fact, so each time here is a bound and says which.
import type { Pod } from './objects.ts'

type Status = Pod['status']
type ContainerStatus = Status['containerStatuses'][number]

const allStatuses = ({ containerStatuses, initContainerStatuses, ephemeralContainerStatuses }: Status) => [
  ...containerStatuses,
  ...initContainerStatuses,
  ...ephemeralContainerStatuses,
]

const terminalPhases: ReadonlySet<string> = new Set(['Succeeded', 'Failed'])

/**
 * A pod that is being deleted and of which no container runs any more has given its address back as well. A sidecar is an
 * init container by its list and outlives the others.
 */
function hasStopped({ metadata: { deletionTimestamp }, status }: Pod): boolean {
  if (deletionTimestamp === undefined) return false
  const { containerStatuses } = status
  const isOver = containerStatuses.length > 0 && containerStatuses.every(({ state }) => state?.terminated)
  return isOver && !allStatuses(status).some(({ state }) => state?.running)
}

/** Whether the pod runs no more: its address may be another's. */
export const isTerminal = (pod: Pod): boolean => terminalPhases.has(pod.status.phase ?? '') || hasStopped(pod)

/** Whether a container ran, or may have run, beyond what its status says. */
const endIsUnknown = ({ state }: ContainerStatus): boolean =>
  state?.running !== undefined || (state?.terminated !== undefined && state.terminated.finishedAt === undefined)

/**
 * The first second in which a terminal pod runs no more; undefined where the object does not say of all its containers. In
 * the second that a status names the pod may still have connected.
 */
export function endedBy({ status }: Pod): number | undefined {
  const statuses = allStatuses(status)
  if (statuses.some(endIsUnknown)) return undefined
  const known = statuses.map(({ state }) => state?.terminated?.finishedAt).filter((time) => time !== undefined)
  return known.length > 0 ? Math.max(...known) + 1 : undefined
}

const startedAt = ({ state }: ContainerStatus) => state?.running?.startedAt ?? state?.terminated?.startedAt

/**
 * A second by which the pod had its addresses: when its sandbox was ready, or the first container started that says so. None
 * of its containers ran before. Only what came after `since` counts, where an earlier sandbox is not meant.
 */
export function networkedBy({ status }: Pod, since = -Infinity): number | undefined {
  const ready = status.conditions.find(({ type, status: is }) => type === 'PodReadyToStartContainers' && is === 'True')
  const times = [ready?.lastTransitionTime, ...allStatuses(status).map(startedAt)]
  const known = times.filter((time) => time !== undefined && time > since) as number[]
  return known.length > 0 ? Math.min(...known) : undefined
}

// Pods and containers from cgroup paths, in both spellings of the kubelet (systemd slices and plain cgroupfs), for the
// container runtimes that put a 64-digit id into the path. A path is all there is to it: pure.

export interface Container {
  readonly podUid?: string
  /** First 12 digits of the container's id. */
  readonly container?: string
}

const none: Container = {}

/** `pod` and a UID, whose dashes systemd writes as underscores; static pods have 32 digits without dashes. */
const podPattern = /[/-]pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?(?:\/|$)/
/** The last id wins: a container inside a container is the inner one. */
const containerPattern = /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?=\/|$)/g

export function readCgroupPath(path: string): Container {
  const pod = podPattern.exec(path)?.[1]
  const container = [...path.matchAll(containerPattern)].at(-1)?.[1]
  if (pod === undefined && container === undefined) return none
  return {
    ...(pod === undefined ? {} : { podUid: pod.replaceAll('_', '-') }),
    ...(container === undefined ? {} : { container: container.slice(0, 12) }),
  }
}

/** The path in the unified hierarchy from the text of /proc/PID/cgroup. */
export const unifiedPath = (text: string): string | undefined => /^0::(.*)$/m.exec(text)?.[1]

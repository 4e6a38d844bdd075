// Pods that ended, as policy goes on knowing them for a while: by name, with their labels and without an address. A row is told
// when its interval ends, and a job may live a second of it. What must stay true: the changes given out undo each other as
// those that came in do, so that any past moment is told alike.
import type { Change, Step } from '@margay/policy'
import { podKey } from '@margay/policy'

type Pod = Extract<Change, { readonly put: 'pod' }>['value']

export interface LingeringPods {
  /** The change as policy is to see it: a pod that goes stays without its address. */
  take(step: Step, at: number): Step
  /** Changes by which pods go for good, and when they do. Called between segments. */
  due(now: number): readonly (readonly [step: Step, at: number])[]
  /** Puts of the pods that linger. */
  present(): Iterable<Change>
}

/** Several intervals of an agent, so that clocks may differ. */
const lingerSeconds = 60

interface Lingering {
  readonly pod: Pod
  /** Unix seconds. */
  readonly until: number
}

const isPodPut = (change: Change): change is Extract<Change, { readonly put: 'pod' }> =>
  'put' in change && change.put === 'pod'

export function createLingeringPods(): LingeringPods {
  /** In the order of having ended. */
  const lingering = new Map<string, Lingering>()
  return {
    take({ forward, backward }, at) {
      if (isPodPut(forward)) {
        const key = podKey(forward.value)
        const before = lingering.get(key)
        lingering.delete(key)
        return { forward, backward: before ? { put: 'pod', value: before.pod } : backward }
      }
      if (!('remove' in forward) || forward.remove !== 'pod' || !isPodPut(backward)) return { forward, backward }
      const pod = { ...backward.value, addresses: [] }
      lingering.delete(forward.key)
      lingering.set(forward.key, { pod, until: at + lingerSeconds })
      return { forward: { put: 'pod', value: pod }, backward }
    },
    due(now) {
      const steps: (readonly [Step, number])[] = []
      for (const [key, { pod, until }] of lingering) {
        if (until > now) continue
        lingering.delete(key)
        steps.push([{ forward: { remove: 'pod', key }, backward: { put: 'pod', value: pod } }, until])
      }
      return steps
    },
    *present() {
      for (const { pod } of lingering.values()) yield { put: 'pod', value: pod }
    },
  }
}

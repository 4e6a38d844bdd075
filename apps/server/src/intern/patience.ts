// Which names are still worth waiting for. A pod that was just started is known within a moment; one that is not may never be,
// as where the API may not be read or a kubelet runs it without one, and must not hold up its node's rows again and again.
import { setNewest } from '@margay/kit'

export interface Patience {
  /** Whether a name that is missing may still come. The first question for a uid begins its time. */
  mayCome(uid: string, now: number): boolean
}

/** As long as the API takes to tell of a pod whose first packets were seen, with much to spare. */
export const patienceSeconds = 5
/** More pods than start on a thousand nodes within any wait. */
const maxUids = 20_000

/** `now` is Unix seconds. */
export function createPatience(): Patience {
  /** In the order in which they were first asked for. */
  const asked = new Map<string, number>()
  return {
    mayCome(uid, now) {
      const since = asked.get(uid) ?? setNewest(asked, uid, now, maxUids)
      return now - since < patienceSeconds
    },
  }
}

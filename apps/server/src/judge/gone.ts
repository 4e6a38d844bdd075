// How somebody is called of whom only an address is known that a pod once had. The judge writes it into records as the fact that
// is missing; who explains such a record later reads it there, since objects of that moment do not tell of a pod that is gone.
import type { Value } from '@margay/model'

export const goneTitle = (ip: string): string => `the pod that had ${ip}`

const mention = /the pod that had (\S+)/g

/** Whether the missing facts of a record (`evidence_missing`) say that a pod had an address. */
export function isSaidGone(missing: Value | undefined, ip: string): boolean {
  if (!Array.isArray(missing)) return false
  return missing.some((text) => [...String(text).matchAll(mention)].some(([, said]) => said === ip))
}

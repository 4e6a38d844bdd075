// What the hub needs of a browser, in a worker and in a page alike.
import type { HubDeps } from './tail-hub.ts'

export const browserDeps: HubDeps = {
  open: (address) => new EventSource(address),
  now: () => Math.floor(Date.now() / 1000),
  later(action, ms) {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}

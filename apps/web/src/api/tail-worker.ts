// The hub of a browser: a shared worker, to which each tab has a port. A tab holds a lock of its own for as long as it
// lives; the worker waits for it, so that whatever ends a tab (closing, going elsewhere, a crash) ends its subscriptions.
import { browserDeps } from './tail-browser.ts'
import { createTailHub, type HubSubscription, type Seat, type TailHub } from './tail-hub.ts'

/** The first message of a tab introduces it; the others say what it is subscribed to. */
export type TabWord =
  | { readonly kind: 'hello'; readonly address: string; readonly lock: string }
  | { readonly kind: 'subscriptions'; readonly subscriptions: readonly HubSubscription[] }

let hub: TailHub | undefined

function serve(port: MessagePort): void {
  const seat: Seat = (word) => port.postMessage(word)
  let gone = false
  port.addEventListener('message', ({ data }: MessageEvent<TabWord>) => {
    if (data.kind === 'hello') {
      hub ??= createTailHub(data.address, browserDeps)
      void navigator.locks.request(data.lock, () => {
        gone = true
        hub?.set(seat, [])
        port.close()
      })
    } else if (!gone) hub?.set(seat, data.subscriptions)
  })
  port.start()
}

self.addEventListener('connect', (event) => serve((event as MessageEvent).ports[0]!))

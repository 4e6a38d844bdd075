// The way from a page to the hub: a shared worker where the browser has one, so that all its tabs are served by one
// stream, because a browser grants one server only six connections over HTTP/1.1. Elsewhere the page is its own hub, and
// lets its stream go while it is hidden.
import { browserDeps } from './tail-browser.ts'
import { createTailHub, type HubSubscription, type HubWord, type Seat } from './tail-hub.ts'
import type { TabWord } from './tail-worker.ts'

/** Says what this page is subscribed to from now on. */
export type Subscribe = (subscriptions: readonly HubSubscription[]) => void

/** Locks tell the worker that a tab has ended; there are none on an address that the browser does not hold for safe. */
const canShare = () => 'SharedWorker' in globalThis && 'locks' in navigator

/** Connects; `address` is the stream's, `seat` hears what comes. */
export function linkToHub(address: string, seat: Seat): Subscribe {
  return canShare() ? linkToWorker(address, seat) : linkToOwn(address, seat)
}

function linkToWorker(address: string, seat: Seat): Subscribe {
  // Written in one: so Vite sees that the file is a worker.
  const worker = new SharedWorker(new URL('./tail-worker.ts', import.meta.url), { type: 'module', name: 'live rows' })
  const { port } = worker
  const say = (word: TabWord) => port.postMessage(word)
  let wanted: readonly HubSubscription[] = []
  let own: Subscribe | undefined
  // A newer server does not have the worker of an older page; the page then goes on alone.
  worker.addEventListener('error', () => {
    own = linkToOwn(address, seat)
    own(wanted)
  })
  port.addEventListener('message', ({ data }: MessageEvent<HubWord>) => seat(data))
  port.start()
  const introduced = holdLock().then((lock) => say({ kind: 'hello', address, lock }))
  return (subscriptions) => {
    wanted = subscriptions
    if (own) own(wanted)
    else void introduced.then(() => say({ kind: 'subscriptions', subscriptions }))
  }
}

/** Holds a lock until the page ends, and gives its name. The worker asks for it too, so it must not hear of it before. */
async function holdLock(): Promise<string> {
  const lock = `margay-tab-${crypto.randomUUID()}`
  await new Promise<void>((resolve) => {
    void navigator.locks.request(lock, () => {
      resolve()
      return new Promise(() => {})
    })
  })
  return lock
}

function linkToOwn(address: string, seat: Seat): Subscribe {
  const hub = createTailHub(address, browserDeps)
  let wanted: readonly HubSubscription[] = []
  const settle = () => hub.set(seat, document.hidden ? [] : wanted)
  document.addEventListener('visibilitychange', settle)
  return (subscriptions) => {
    wanted = subscriptions
    settle()
  }
}

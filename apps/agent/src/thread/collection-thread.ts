// The collection in a thread of its own, so that building and sending frames never keeps it from the kernel's ring. Its
// memory is bounded by the thread's limits; a thread that dies is started again like any part.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createHealth, createProcessLogger } from '@margay/kit'
import type { Health, Part } from '@margay/kit'
import type { AgentOutput } from '@margay/wire'
import { createCollection } from '../collection.ts'
import type { AgentConfig } from '../config.ts'
import { openNative } from '../kernel/native.ts'
import { createApply } from './apply.ts'
import { watchedWord } from './messages.ts'
import type { FromThread, ToThread } from './messages.ts'
import { createThreadOutput } from './thread-output.ts'

export interface CollectionThreadDeps {
  readonly output: AgentOutput
  readonly health: Health
  readonly onOpen: () => void
  /** File of the process: run in a thread it calls `runThread`. */
  readonly entry: string
}

interface ThreadData {
  readonly config: AgentConfig
  readonly words: Int32Array
}

/** Short-lived objects are few and small: a small young generation keeps the process small. */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 512 }
const watchEveryMs = 200
const healthEveryMs = 1000

export function createCollectionThread(config: AgentConfig, deps: CollectionThreadDeps): Part {
  return {
    name: 'collection',
    async run(signal) {
      const words = new Int32Array(new SharedArrayBuffer(4))
      const data: ThreadData = { config, words }
      const worker = new Worker(deps.entry, { workerData: data, resourceLimits })
      const tellWatched = () => Atomics.store(words, watchedWord, deps.output.watched() ? 1 : 0)
      const timer = setInterval(tellWatched, watchEveryMs)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      const tell = (message: ToThread) => worker.postMessage(message)
      const end = () => tell('end')
      const hearNoMore = deps.output.onHandover(() => tell('handover'))
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
      const apply = createApply(deps)
      try {
        await new Promise<void>((resolve, reject) => {
          worker.on('message', (message: FromThread) => {
            try {
              apply(message)
            } catch (error) {
              reject(error)
            }
          })
          worker.once('error', reject)
          worker.once('exit', () => resolve())
        })
      } finally {
        clearInterval(timer)
        hearNoMore()
        signal.removeEventListener('abort', end)
        await worker.terminate()
      }
    },
  }
}

/** Whether this thread is the collection's. */
export const isCollectionThread = !isMainThread

/** What the collection's thread does: collect until it is told to end. */
export async function runThread(): Promise<void> {
  const { config, words } = workerData as ThreadData
  const port = parentPort!
  const post = (message: FromThread) => port.postMessage(message)
  const opened = openNative()
  if ('problem' in opened) throw new Error(opened.problem)
  const ended = new AbortController()
  const listeners = new Set<() => void>()
  port.on('message', (message: ToThread) => {
    if (message === 'end') ended.abort()
    else for (const tell of listeners) tell()
  })
  const health = createHealth()
  const report = () => post({ kind: 'health', report: health.report() })
  const output = createThreadOutput({
    post,
    watched: () => Atomics.load(words, watchedWord) === 1,
    onHandover(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  })
  const onOpen = () => {
    report()
    post({ kind: 'open' })
  }
  const log = createProcessLogger('info')
  const timer = setInterval(report, healthEveryMs)
  try {
    await createCollection(config, { native: opened.native, output, health, log, onOpen }).run(ended.signal)
  } finally {
    clearInterval(timer)
    port.close()
  }
}

// The guard: starts the engine's child process, hands it work, cancels it, and starts it again when it dies. Work in
// flight at a death is rejected with `engine_died`; nothing is repeated here, because only the caller knows whether its
// insert's token makes that safe.
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { StoreError, storeError } from '../errors.ts'
import type { Admission } from './admission.ts'
import { createAdmission } from './admission.ts'
import type { EngineOptions, EngineReply, EngineRequest, Lane } from './protocol.ts'
import { lanes, optionsVariable } from './protocol.ts'

export interface EngineConfig extends EngineOptions {
  /** Questions that run at once; as many again times eight may wait. */
  readonly readers: number
  /** The child's entry, where it is not the file beside this one (a bundle). */
  readonly childEntry?: string
}

export interface RunOptions {
  readonly lane: Lane
  readonly format?: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((rowsRead: number) => void) | undefined
}

export interface Engine {
  /** Resolves when the engine takes work; rejects with why it does not. */
  start(): Promise<void>
  /** Runs one statement and gives its output. */
  run(sql: string, options: RunOptions): Promise<Uint8Array>
  stop(): Promise<void>
  readonly state: 'ready' | 'starting' | 'failed'
  readonly error: string | undefined
  readonly restarts: number
  readonly queued: number
  /** The child's process id while there is one. */
  readonly pid: number | undefined
}

interface Pending {
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: StoreError) => void
  readonly onProgress: ((rowsRead: number) => void) | undefined
}

/** One child from fork to exit. */
interface Child {
  readonly process: ChildProcess
  readonly opened: Promise<void>
  readonly pending: Map<number, Pending>
}

/** Restarts follow each other after these pauses, so that an engine that dies at once does not burn a core. */
const restartPausesMs = [0, 200, 1_000, 5_000]
/** How long a child may take to finish its work when it is asked to close. */
const closeGraceMs = 10_000
/** Of what the child writes on its error stream, the end is kept for the error message. */
const lastWordsLength = 2_000
/** Threads of the child beside its sessions: file system and name look-ups of Node itself. */
const spareThreads = 8

function spawn(config: EngineConfig): ChildProcess {
  const { dir, memoryBytes, threads, seconds } = config
  return fork(config.childEntry ?? fileURLToPath(new URL('engine-child.ts', import.meta.url)), [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...process.env,
      // A query sits on one of libuv's threads for as long as it runs.
      UV_THREADPOOL_SIZE: String(config.readers * 2 + lanes.length + spareThreads),
      [optionsVariable]: JSON.stringify({ dir, memoryBytes, threads, seconds } satisfies EngineOptions),
    },
  })
}

function keepLastWords(process: ChildProcess): () => string {
  let words = ''
  process.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    words = (words + chunk).slice(-lastWordsLength)
  })
  return () => words.trim()
}

function startChild(config: EngineConfig): Child {
  const process = spawn(config)
  const lastWords = keepLastWords(process)
  const pending = new Map<number, Pending>()
  // Why the engine does not open is on the error stream only, so it is told when that has ended.
  let failure: Extract<EngineReply, { kind: 'failed' }> | undefined
  const opened = new Promise<void>((resolve, reject) => {
    process.on('message', (message: EngineReply) => {
      if (message.kind === 'open') return resolve()
      if (message.kind === 'failed') {
        failure = message
        return void process.kill('SIGKILL')
      }
      settle(pending, message)
    })
    const onEnd = (how: string) => {
      const error = failure
        ? openError(failure.message + suffix(lastWords()), failure.engineCode)
        : new StoreError('engine_died', `the engine's process ended (${how})${suffix(lastWords())}`)
      reject(error)
      for (const { reject: rejectRun } of pending.values()) rejectRun(error)
      pending.clear()
    }
    process.on('error', (error) => onEnd(error.message))
    process.on('close', (code, signal) => onEnd(signal ?? `exit code ${code}`))
  })
  // Whoever waits for it hears of the failure; nobody waiting is no fault of its own.
  opened.catch(() => {})
  return { process, opened, pending }
}

const closed = () => new StoreError('closed', 'the store is closed')

const suffix = (words: string) => (words === '' ? '' : `: ${words}`)

function openError(message: string, engineCode?: number): StoreError {
  const error = storeError(message, engineCode)
  return error.code === 'engine_error' ? new StoreError('engine_failed', `open the engine: ${message}`) : error
}

function settle(pending: Map<number, Pending>, message: Exclude<EngineReply, { kind: 'open' | 'failed' }>): void {
  const run = pending.get(message.id)
  if (message.kind === 'progress') return run?.onProgress?.(message.rowsRead)
  pending.delete(message.id)
  if (message.kind === 'done') run?.resolve(message.bytes)
  else run?.reject(storeError(message.message, message.engineCode))
}

/** Makes a guard that is not started. One engine per data directory and per child process. */
export function createEngine(config: EngineConfig): Engine {
  const questions = createAdmission({ running: config.readers, waiting: config.readers * 8 })
  const admissions: { readonly [L in Lane]: Admission } = {
    interactive: questions,
    export: questions,
    write: createAdmission({ running: 2, waiting: 1_000 }),
    admin: createAdmission({ running: 1, waiting: 1_000 }),
  }
  let child: Child | undefined
  /** The child that takes work next: there, or to be started after a pause. */
  let next: Promise<Child> | undefined
  let state: Engine['state'] = 'starting'
  let lastError: string | undefined
  let restarts = 0
  let nextId = 1
  let stopped = false
  let everOpened = false
  let abandonRestart = () => {}

  const launch = (attempt: number): Child => {
    state = 'starting'
    const launched = startChild(config)
    child = launched
    let lived = false
    launched.opened.then(
      () => {
        lived = true
        everOpened = true
        state = 'ready'
        lastError = undefined
      },
      (error: StoreError) => {
        state = 'failed'
        lastError = error.message
      },
    )
    launched.process.once('exit', () => {
      // An engine that never opened will not open by itself: whoever started it is told why.
      if (!stopped && everOpened) next = launchAfterPause(lived ? 0 : attempt + 1)
    })
    return launched
  }

  const launchAfterPause = (attempt: number): Promise<Child> => {
    state = 'starting'
    const pause = restartPausesMs[Math.min(attempt, restartPausesMs.length - 1)]
    const launching = new Promise<Child>((resolve, reject) => {
      const timer = setTimeout(() => {
        restarts++
        resolve(launch(attempt))
      }, pause)
      abandonRestart = () => {
        clearTimeout(timer)
        reject(closed())
      }
    })
    // Work that waits for it hears of a stop; nobody waiting is no fault.
    launching.catch(() => {})
    return launching
  }

  /** The child that takes work, waiting for one that is starting. */
  const ready = async (): Promise<Child> => {
    if (stopped || !next) throw closed()
    const target = await next
    await target.opened
    return target
  }

  const send = (target: Child, request: EngineRequest) => {
    // A child that died in this moment is reported by its exit.
    if (target.process.connected) target.process.send(request, () => {})
  }

  const execute = async (id: number, sql: string, options: RunOptions): Promise<Uint8Array> => {
    const target = await ready()
    const { lane, format = 'JSONCompact', onProgress } = options
    return new Promise((resolve, reject) => {
      if (!target.process.connected) return reject(new StoreError('engine_died', "the engine's process has ended"))
      target.pending.set(id, { resolve, reject, onProgress })
      send(target, { kind: 'run', id, lane, sql, format, progress: onProgress !== undefined })
    })
  }

  /** Rejects at the abort, while the place stays taken until the engine has really stopped. */
  const abortable = (id: number, work: Promise<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array> => {
    if (!signal) return work
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (child) send(child, { kind: 'cancel', id })
        reject(new StoreError('cancelled', 'the question was cancelled'))
      }
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  return {
    start() {
      const first = launch(0)
      next = Promise.resolve(first)
      return first.opened
    },
    async run(sql, options) {
      const leave = await admissions[options.lane].enter(options.signal)
      const id = nextId++
      const work = execute(id, sql, options).finally(leave)
      return abortable(id, work, options.signal)
    },
    async stop() {
      stopped = true
      abandonRestart()
      const last = child
      if (!last || last.process.exitCode !== null || last.process.signalCode !== null) return
      const exited = new Promise<void>((resolve) => last.process.once('exit', () => resolve()))
      send(last, { kind: 'close' })
      const timer = setTimeout(() => last.process.kill('SIGKILL'), closeGraceMs)
      await exited
      clearTimeout(timer)
    },
    get state() {
      return state
    },
    get error() {
      return lastError
    },
    get restarts() {
      return restarts
    },
    get queued() {
      return questions.queued + admissions.write.queued
    },
    get pid() {
      return child?.process.pid
    },
  }
}

// The API's end of the ingest thread: starts it, passes finished rows in, runs its inserts on the store, and hands live
// rows on. When the thread dies, whoever waits is told, and the supervisor starts another.
import { Worker } from 'node:worker_threads'
import type { Part } from '@margay/kit'
import { CodedError, FatalError } from '@margay/kit'
import type { Store } from '@margay/store'
import type { Live } from '../live/live.ts'
import type { ObjectVersion } from '../objects/object-row.ts'
import type { Intake, IntakeBatch } from '../receivers/intake.ts'
import type { Reporter } from '../intern/agents.ts'
import type {
  AddressMoment,
  FromIngest,
  IngestReport,
  IngestThreadData,
  SentError,
  ToIngest,
} from './ingest-protocol.ts'
import { packError } from './ingest-protocol.ts'

export interface IngestLinkDeps {
  readonly store: Pick<Store, 'insert'>
  readonly live: Pick<Live, 'publish' | 'watched'>
  /** What an earlier server knew of the cluster's objects; nothing where it is left out. */
  readonly objects?: () => AsyncIterable<readonly ObjectVersion[]>
  /** Where agents send, once they can. */
  readonly onListening?: (address: string) => void
}

export interface IngestLink extends Part, Intake {
  /** What the thread said last; undefined before its first second. */
  report(): IngestReport | undefined
  /** Whether the thread has said nothing for minutes, though it had begun to. */
  isSilent(): boolean
  /** Who reports what each address does at its moment, in the order asked; rejects while no thread runs. */
  reporters(of: readonly AddressMoment[]): Promise<readonly Reporter[]>
}

/** How often it is looked whether somebody watches: an agent is told at once then. */
const watchEveryMs = 100

const notRunning = { status: 503, hint: 'the server starts its ingest thread; send again in a moment' }

const notStarted = () => new CodedError('ingest_starting', notRunning, 'the ingest thread is not running')

function unpackError({ message, code, status, hint, isFatal }: SentError): Error {
  if (isFatal) return new FatalError(message)
  if (code === undefined || status === undefined) return new Error(message)
  return new CodedError(code, { status, hint: hint ?? '' }, message)
}

/** The thread reports every second; one that has not for so long does nothing else either. */
const silentMs = 300_000

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

type Appending = Waiting<{ readonly duplicate: boolean }>

export function createIngestLink(data: IngestThreadData, deps: IngestLinkDeps): IngestLink {
  const appends = new Map<number, Appending>()
  const questions = new Map<number, Waiting<readonly Reporter[]>>()
  let lastId = 0
  let worker: Worker | undefined
  let latest: { readonly report: IngestReport; readonly at: number } | undefined

  const send = (message: ToIngest) => worker?.postMessage(message, [])
  const insert = async ({ id, block }: Extract<FromIngest, { kind: 'insert' }>) => {
    try {
      await deps.store.insert(block)
      send({ kind: 'inserted', id })
    } catch (error) {
      send({ kind: 'inserted', id, error: packError(error) })
    }
  }
  const settle = ({ id, duplicate, error }: Extract<FromIngest, { kind: 'appended' }>) => {
    const append = appends.get(id)
    appends.delete(id)
    if (error) append?.reject(unpackError(error))
    else append?.resolve({ duplicate: duplicate ?? false })
  }
  const sendObjects = async () => {
    try {
      for await (const versions of deps.objects?.() ?? []) send({ kind: 'objects', versions, done: false })
      send({ kind: 'objects', versions: [], done: true })
    } catch (error) {
      send({ kind: 'objects', versions: [], done: true, error: packError(error) })
    }
  }
  const onMessage = (message: FromIngest, onEnd: (error?: Error) => void) => {
    switch (message.kind) {
      case 'insert':
        void insert(message)
        break
      case 'appended':
        settle(message)
        break
      case 'reporters':
        questions.get(message.id)?.resolve(message.reporters)
        questions.delete(message.id)
        break
      case 'live':
        deps.live.publish(message.batch)
        break
      case 'objects':
        void sendObjects()
        break
      case 'report':
        latest = { report: message.report, at: performance.now() }
        break
      case 'listening':
        deps.onListening?.(message.address)
        break
      case 'ended':
        onEnd(message.error && unpackError(message.error))
    }
  }
  const failWaiting = () => {
    for (const { reject } of [...appends.values(), ...questions.values()])
      reject(new CodedError('ingest_ended', notRunning, 'the ingest thread ended'))
    appends.clear()
    questions.clear()
  }
  /** Resolves when the thread ended as told, rejects when it died. */
  const live = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const thread = new Worker(new URL(import.meta.resolve('./ingest-thread.ts')), { workerData: data })
      worker = thread
      let watched = false
      const watching = setInterval(() => {
        if (deps.live.watched() === watched) return
        watched = !watched
        send({ kind: 'watched', watched })
      }, watchEveryMs)
      const stop = () => send({ kind: 'stop' })
      let death: Error | undefined
      thread.on('message', (message: FromIngest) => onMessage(message, (error) => (death = error)))
      thread.on('error', (error) => (death = error as Error))
      thread.on('exit', (code) => {
        clearInterval(watching)
        signal.removeEventListener('abort', stop)
        worker = undefined
        failWaiting()
        if (death === undefined && (signal.aborted || code === 0)) resolve()
        else reject(death ?? new Error(`the ingest thread ended with code ${code}`))
      })
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
    })
  return {
    name: 'ingest',
    report: () => latest?.report,
    isSilent: () => latest !== undefined && performance.now() - latest.at > silentMs,
    reporters(of) {
      if (!worker) return Promise.reject(notStarted())
      return new Promise((resolve, reject) => {
        const id = ++lastId
        questions.set(id, { resolve, reject })
        send({ kind: 'reporters', id, of })
      })
    },
    append(batch: IntakeBatch) {
      if (!worker) return Promise.reject(notStarted())
      return new Promise((resolve, reject) => {
        const id = ++lastId
        appends.set(id, { resolve, reject })
        send({ kind: 'append', id, batch })
      })
    },
    run: live,
  }
}

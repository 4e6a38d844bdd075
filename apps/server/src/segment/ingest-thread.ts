// The ingest thread: decodes, names, encodes and syncs away from the event loop that answers people. The store's engine is
// the other thread's; blocks are moved there.
import { parentPort, workerData } from 'node:worker_threads'
import { CodedError, createHealth, createProcessLogger } from '@margay/kit'
import type { Block } from '@margay/store'
import type { ObjectVersion } from '../objects/object-row.ts'
import type { FromIngest, IngestThreadData, SentError, ToIngest } from './ingest-protocol.ts'
import { packError } from './ingest-protocol.ts'
import { openIngest } from './ingest.ts'

const port = parentPort!
const { config, dataDir } = workerData as IngestThreadData
const log = createProcessLogger('info')
const health = createHealth()
const ended = new AbortController()
const reportEveryMs = 1_000

const inserts = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>()
let lastId = 0

const send = (message: FromIngest, moved: readonly ArrayBuffer[] = []) => port.postMessage(message, moved)

function insertError({ message, retry }: SentError): Error {
  return Object.assign(new Error(message), { retry })
}

/** Copied once, so that each block owns its memory and can be moved. */
function insert(block: Block): Promise<void> {
  const parts = block.parts.map((part) => new Uint8Array(part))
  const id = ++lastId
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  inserts.set(id, { resolve, reject })
  send(
    { kind: 'insert', id, block: { ...block, parts } },
    parts.map(({ buffer }) => buffer),
  )
  return promise
}

const objectPages: ObjectVersion[] = []
const objectsKnown = Promise.withResolvers<readonly ObjectVersion[]>()

function takeObjects({ versions, done, error }: Extract<ToIngest, { kind: 'objects' }>): void {
  for (const version of versions) objectPages.push(version)
  if (error) objectsKnown.reject(new Error(error.message))
  else if (done) objectsKnown.resolve(objectPages.splice(0))
}

const ingest = openIngest(config, {
  dataDir,
  insert,
  publish: (batch) => send({ kind: 'live', batch }),
  knownObjects() {
    send({ kind: 'objects' })
    return objectsKnown.promise
  },
  log,
  health,
  clock: () => Date.now(),
  onListening: (address) => send({ kind: 'listening', address }),
})

async function append(id: number, batch: Extract<ToIngest, { kind: 'append' }>['batch']): Promise<void> {
  try {
    const { duplicate } = await ingest.append(batch)
    send({ kind: 'appended', id, duplicate })
  } catch (error) {
    if (!(error instanceof CodedError)) log.error('taking finished rows failed', { error: error as Error })
    send({ kind: 'appended', id, error: packError(error) })
  }
}

function settleInsert(id: number, error: SentError | undefined): void {
  const insert = inserts.get(id)
  inserts.delete(id)
  if (error) insert?.reject(insertError(error))
  else insert?.resolve()
}

port.on('message', (message: ToIngest) => {
  switch (message.kind) {
    case 'append':
      void append(message.id, message.batch)
      break
    case 'inserted':
      settleInsert(message.id, message.error)
      break
    case 'objects':
      takeObjects(message)
      break
    case 'watched':
      ingest.setWatched(message.watched)
      break
    case 'reporters':
      send({ kind: 'reporters', id: message.id, reporters: ingest.reporters(message.of) })
      break
    case 'stop':
      ended.abort()
  }
})

const reporting = setInterval(
  () =>
    send({
      kind: 'report',
      report: {
        stages: health.report(),
        agents: ingest.agents(),
        judged: ingest.judged(),
        unseen: ingest.unseen(),
      },
    }),
  reportEveryMs,
)
try {
  await ingest.run(ended.signal)
  send({ kind: 'ended' })
} catch (error) {
  send({ kind: 'ended', error: packError(error) })
} finally {
  clearInterval(reporting)
  port.close()
}

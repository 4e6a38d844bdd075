// Keeps two runs apart. A lock is an abstract unix socket: the kernel lets one process hold its name and takes it back when
// that process ends, however it ends, so nothing is ever stale. Whoever waits is told who holds it.
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Say } from './say.ts'

type LockName = 'build' | 'cluster'

export interface Lock {
  release(): void
}

const addressOf = (name: LockName) => `\0margay-${name}`
const holder = `${process.argv.slice(1).join(' ')} (pid ${process.pid})`

/** Undefined when somebody else holds it. */
function tryToHold(name: LockName): Promise<Lock | undefined> {
  const waiting = new Set<Socket>()
  const server = createServer((socket) => {
    waiting.add(socket.unref())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => waiting.delete(socket))
    socket.write(holder)
  })
  const release = () => {
    server.close()
    // They wait for the end of their connection, not of our process.
    for (const socket of waiting) socket.destroy()
  }
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    // A lock must not keep its process alive.
    server.unref().listen(addressOf(name), () => resolve({ release }))
  })
}

/** Says who holds a lock and resolves when that ends; at once when it has ended already. */
function watch(name: LockName, onHolder: (who: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(addressOf(name))
    socket.once('data', (text: Buffer) => onHolder(text.toString()))
    socket.on('error', () => resolve())
    socket.on('close', () => resolve())
  })
}

/** Holds a lock, waiting for whoever has it. */
export async function hold(name: LockName, say: Say): Promise<Lock> {
  let told = ''
  for (;;) {
    const lock = await tryToHold(name)
    if (lock) return lock
    await watch(name, (who) => {
      if (who !== told) say(`waiting for the ${name}, which is in use by ${who}`)
      told = who
    })
    // The name is free a moment after its connections are closed.
    await sleep(50)
  }
}

export async function withLock<T>(name: LockName, say: Say, run: () => Promise<T>): Promise<T> {
  const lock = await hold(name, say)
  try {
    return await run()
  } finally {
    lock.release()
  }
}

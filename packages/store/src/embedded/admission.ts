// Who may run now and who waits: a bound on running and on waiting work, first come first served.
import { StoreError } from '../errors.ts'

export interface Admission {
  /** Waits for a place; gives the function that frees it. Rejects when aborted, or at once when too many wait. */
  enter(signal?: AbortSignal): Promise<() => void>
  readonly queued: number
}

const aborted = () => new StoreError('cancelled', 'the question was cancelled while it waited')

export function createAdmission(limits: { readonly running: number; readonly waiting: number }): Admission {
  const waiting = new Set<() => void>()
  let running = 0

  const leave = () => {
    running--
    const [next] = waiting
    if (!next) return
    waiting.delete(next)
    next()
  }
  const occupy = () => {
    running++
    let left = false
    return () => {
      if (!left) leave()
      left = true
    }
  }

  return {
    async enter(signal) {
      if (signal?.aborted) throw aborted()
      if (running < limits.running) return occupy()
      if (waiting.size >= limits.waiting) {
        throw new StoreError('busy', `refuse a question: ${running} run and ${waiting.size} wait already`)
      }
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting.delete(admit)
          reject(aborted())
        }
        const admit = () => {
          signal?.removeEventListener('abort', onAbort)
          resolve(occupy())
        }
        waiting.add(admit)
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    get queued() {
      return waiting.size
    },
  }
}

// A port of this machine that leads to a service of the cluster, by kubectl, as people have it. kubectl holds on to one pod and
// ends when that one does; it is then started again at the same port, so that an address stays good for as long as the cluster.
import { spawn, type ChildProcess } from 'node:child_process'
import { binary } from '../build/places.ts'
import { sleep } from './command.ts'

export interface Forward {
  /** Port of loopback. */
  readonly port: number
  close(): void
}

export interface Forwarded {
  readonly kubeconfig: string
  readonly namespace: string
  /** `service/NAME` or `pod/NAME`. */
  readonly to: string
  readonly port: number
}

const againMs = 200

/** The port, once kubectl says that it listens. */
function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    const read = (text: Buffer) => {
      said += text.toString()
      const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said)?.[1]
      if (port !== undefined) resolve(Number(port))
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`kubectl port-forward ended: ${said}`)))
  })
}

/** Resolves once the port is open; rejects where nothing answers at the other end the first time. */
export async function forwardPort({ kubeconfig, namespace, to, port: there }: Forwarded): Promise<Forward> {
  let closed = false
  const start = (here: string) =>
    spawn(binary('kubectl'), ['port-forward', '--address', '127.0.0.1', '-n', namespace, to, `${here}:${there}`], {
      env: { ...process.env, KUBECONFIG: kubeconfig },
    })
  let child = start('')
  const port = await listening(child)
  const keepUp = () =>
    child.once('exit', () => {
      void sleep(againMs).then(() => {
        if (closed) return
        child = start(String(port))
        child.stdout?.resume()
        child.stderr?.resume()
        keepUp()
      })
    })
  keepUp()
  return {
    port,
    close() {
      closed = true
      child.kill()
    },
  }
}

// Access of a pod: the address from the environment, the token and the authority that the kubelet puts into every container
// with a service account. Tokens are bound to an hour and renewed in place, so the file is read again.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Access, AccessSource } from './access.ts'
import { AccessError } from './access.ts'

const usualDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The kubelet renews tokens when a fifth of their time is left; a minute is soon enough. */
const keepMs = 60_000

type Environment = Readonly<Record<string, string | undefined>>

export const isInCluster = (env: Environment, directory = usualDirectory): boolean =>
  env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(join(directory, 'token'))

function read(directory: string, name: string): string {
  try {
    return readFileSync(join(directory, name), 'utf8').trim()
  } catch (error) {
    throw new AccessError(
      `read ${join(directory, name)}: ${(error as Error).message}; a pod that reads the API needs automountServiceAccountToken`,
      { cause: error },
    )
  }
}

export function inCluster(env: Environment, clock: () => number, directory = usualDirectory): AccessSource {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  let kept: { readonly access: Access; readonly until: number } | undefined
  return {
    current() {
      if (!kept || clock() >= kept.until) {
        const access = {
          server,
          tls: { ca: read(directory, 'ca.crt') },
          authorization: `Bearer ${read(directory, 'token')}`,
        }
        kept = { access, until: clock() + keepMs }
      }
      return Promise.resolve(kept.access)
    },
    refused: () => void (kept = undefined),
  }
}

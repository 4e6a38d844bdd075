// Who may ask the API server: static tokens for the parts of the cluster, each under the name that Kubernetes' own roles are
// bound to, and one administrator for the tests. Pods and Margay have the tokens of their service accounts instead.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'

export interface User {
  readonly name: string
  readonly groups?: readonly string[]
}

export const administrator: User = { name: 'admin', groups: ['system:masters'] }

export interface Credentials {
  /** Writes a kubeconfig for a user and returns its path. */
  kubeconfig(user: User): string
  tokenOf(user: User): string
}

const fileNameOf = ({ name }: User) => name.replaceAll(':', '-')

export interface CredentialsOptions {
  readonly dir: string
  readonly server: string
  /** The authority that vouches for the server; it need not be there yet. */
  readonly authority: string
  readonly users: readonly User[]
}

/** Writes the keys of service accounts (`sa.key`, `sa.pub`) and the tokens of the users (`tokens.csv`) to `dir`. */
export function makeCredentials({ dir, server, authority, users }: CredentialsOptions): Credentials {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  writeFileSync(join(dir, 'sa.key'), keys.privateKey, { mode: 0o600 })
  writeFileSync(join(dir, 'sa.pub'), keys.publicKey)
  const tokens = new Map(users.map(({ name }) => [name, randomBytes(24).toString('hex')]))
  const lines = users.map(({ name, groups = [] }) => `${tokens.get(name)},${name},${name},"${groups.join(',')}"`)
  writeFileSync(join(dir, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 })

  const tokenOf = ({ name }: User) => {
    const token = tokens.get(name)
    if (token === undefined) throw new Error(`BUG: no token for user ${name}`)
    return token
  }
  return {
    tokenOf,
    kubeconfig: (user) =>
      writeKubeconfig(join(dir, `${fileNameOf(user)}.kubeconfig`), { server, authority, token: tokenOf(user) }),
  }
}

export interface Access {
  readonly server: string
  readonly authority: string
  readonly token: string
}

/** Writes a kubeconfig and returns its path. */
export function writeKubeconfig(path: string, { server, authority, token }: Access): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'margay-test', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'margay-test', context: { cluster: 'margay-test', user: 'user' } }],
    'current-context': 'margay-test',
  }
  writeFileSync(path, stringify(config), { mode: 0o600 })
  return path
}

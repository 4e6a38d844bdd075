// The command lines of etcd and kube-apiserver, and how to see that the latter is ready.
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { binary } from '../build/places.ts'
import { until } from './command.ts'
import type { Access } from './credentials.ts'
import { serviceRange } from './network.ts'
import type { Program } from './processes.ts'
import { lastWords } from './processes.ts'

export interface ApiPlace {
  readonly dir: string
  readonly etcdPort: number
  readonly etcdPeerPort: number
  /** Where the API server listens, and the address under which pods find it. */
  readonly bind: string
  readonly advertise: string
  readonly port: number
}

/** The server makes its own certificate here; whoever trusts that file trusts the server. */
export const authorityIn = (dir: string): string => join(dir, 'certs', 'apiserver.crt')

export const etcd = ({ dir, etcdPort, etcdPeerPort }: ApiPlace): Program => ({
  name: 'etcd',
  command: [
    ...['etcd', '--data-dir', join(dir, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
    ...[
      '--listen-client-urls',
      `http://127.0.0.1:${etcdPort}`,
      '--advertise-client-urls',
      `http://127.0.0.1:${etcdPort}`,
    ],
    ...['--listen-peer-urls', `http://127.0.0.1:${etcdPeerPort}`],
    ...['--initial-advertise-peer-urls', `http://127.0.0.1:${etcdPeerPort}`],
    ...['--initial-cluster', `default=http://127.0.0.1:${etcdPeerPort}`],
  ],
})

/** Seconds after which pods leave a node that does not answer; five minutes are the default. */
const tolerationSeconds = 5

export const apiServer = ({ dir, etcdPort, bind, advertise, port }: ApiPlace): Program => ({
  name: 'kube-apiserver',
  command: [
    binary('kube-apiserver'),
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--bind-address=${bind}`,
    `--advertise-address=${advertise}`,
    `--secure-port=${port}`,
    `--cert-dir=${join(dir, 'certs')}`,
    `--service-account-key-file=${join(dir, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--token-auth-file=${join(dir, 'tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    `--service-cluster-ip-range=${serviceRange}`,
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--default-not-ready-toleration-seconds=${tolerationSeconds}`,
    `--default-unreachable-toleration-seconds=${tolerationSeconds}`,
  ],
})

export interface ApiAnswer {
  readonly status: number
  readonly body: string
}

/** Asks the API server; rejects when it is not reached. */
export function askApi({ server, authority, token }: Access, path: string): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const options = { ca: readFileSync(authority), headers: { authorization: `Bearer ${token}` }, timeout: 10_000 }
    const asked = request(new URL(path, server), options, (response) => {
      let body = ''
      response.on('data', (text: Buffer) => (body += text.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    asked.on('timeout', () => asked.destroy(new Error(`${path} was not answered`)))
    asked.on('error', reject).end()
  })
}

/** Resolves when the API server answers and everything that it starts by itself has started. */
export async function apiIsReady(dir: string, access: Access): Promise<void> {
  const ask = async () => {
    if (!existsSync(access.authority)) return false
    return askApi(access, '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    )
  }
  await until('the API server to be ready', ask, { why: () => lastWords(dir, 'kube-apiserver') })
}

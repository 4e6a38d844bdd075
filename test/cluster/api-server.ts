// The fast mode: a real kube-apiserver and its etcd, on loopback and without root, for tests of whatever speaks to the API.
// Several may run at once; each ends with the test that started it. Nothing acts on its objects: no scheduler, no controller.
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build/build.ts'
import type { Say } from './build/say.ts'
import { apiIsReady, apiServer, authorityIn, etcd, type ApiPlace } from './parts/api-programs.ts'
import { administrator, makeCredentials, writeKubeconfig, type Access } from './parts/credentials.ts'
import { createKubectl, type Kubectl } from './parts/kubectl.ts'
import { kill, launchBound } from './parts/processes.ts'

export interface ServiceAccountAccess extends Access {
  readonly kubeconfig: string
}

export interface ApiServer {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
  /** Path of the certificate that vouches for the server. */
  readonly authority: string
  /** Path of the administrator's kubeconfig: for the test, never for what is tested. */
  readonly kubeconfig: string
  readonly adminToken: string
  readonly kubectl: Kubectl
  /** Makes a service account where it is missing and returns a token of it, and a kubeconfig with that token. */
  serviceAccount(namespace: string, name: string): Promise<ServiceAccountAccess>
  /** Ends the server at once, as a crash would; etcd stays. */
  crash(): Promise<void>
  /** Starts it again at the same address, with the same objects, and waits until it is ready. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Ports that nobody has just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) =>
          server.once('error', reject).listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
        ),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Token of a service account, for an hour, asked for as anybody would ask for it. */
export async function serviceAccountAccess(
  kubectl: Kubectl,
  { server, authority, dir }: { readonly server: string; readonly authority: string; readonly dir: string },
  namespace: string,
  name: string,
): Promise<ServiceAccountAccess> {
  await kubectl.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }])
  const token = (await kubectl.run(['create', 'token', name, '-n', namespace])).trim()
  const access = { server, authority, token }
  return { ...access, kubeconfig: writeKubeconfig(join(dir, `${namespace}-${name}.kubeconfig`), access) }
}

/** Starts both and waits until the server is ready: some seconds, once the binaries are built. */
export async function startApiServer(say: Say = (line) => void process.stderr.write(`${line}\n`)): Promise<ApiServer> {
  await build('api', say)
  const dir = mkdtempSync(join(tmpdir(), 'margay-api-'))
  const [etcdPort, etcdPeerPort, port] = (await freePorts(3)) as [number, number, number]
  const place: ApiPlace = { dir, etcdPort, etcdPeerPort, port, bind: '127.0.0.1', advertise: '127.0.0.1' }
  const url = `https://127.0.0.1:${port}`
  const authority = authorityIn(dir)
  const credentials = makeCredentials({ dir, server: url, authority, users: [administrator] })
  const kubeconfig = credentials.kubeconfig(administrator)
  const adminToken = credentials.tokenOf(administrator)
  const store = launchBound(dir, etcd(place))
  let server: ChildProcess
  const start = async () => {
    server = launchBound(dir, apiServer(place))
    await apiIsReady(dir, { server: url, authority, token: adminToken })
  }
  const stop = async () => {
    await Promise.all([server, store].map(kill))
    rmSync(dir, { recursive: true, force: true })
  }
  await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  const kubectl = createKubectl(kubeconfig)
  return {
    url,
    authority,
    kubeconfig,
    adminToken,
    kubectl,
    serviceAccount: (namespace, name) =>
      serviceAccountAccess(kubectl, { server: url, authority, dir }, namespace, name),
    crash: () => kill(server),
    async restart() {
      await kill(server)
      await start()
    },
    stop,
  }
}

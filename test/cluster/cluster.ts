// The whole cluster: a control plane, two nodes and the world outside, on this machine. One at a time: whoever wants another
// waits for the first. Every step of the start is timed, and what is made is recorded before it is made, so that `takeDown`
// leaves nothing, also after a run that was killed.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { serviceAccountAccess, type ServiceAccountAccess } from './api-server.ts'
import { build } from './build/build.ts'
import { imageArchives } from './build/images.ts'
import { hold, type Lock } from './build/lock.ts'
import { binary, cacheDir } from './build/places.ts'
import type { Say } from './build/say.ts'
import { baseObjects, kubeRouterUser } from './objects/base.ts'
import { define } from './objects/definitions.ts'
import { apiIsReady, apiServer, authorityIn, etcd, type ApiPlace } from './parts/api-programs.ts'
import { makeCgroup, processesOf, removeCgroup } from './parts/cgroups.ts'
import { until } from './parts/command.ts'
import { administrator, makeCredentials, type Credentials, type User } from './parts/credentials.ts'
import { createKubectl, type Kubectl } from './parts/kubectl.ts'
import {
  bridgeOf,
  controlAddress,
  machines,
  makeNetwork,
  netnsOf,
  nodeName,
  nodeNumbers,
  podRange,
  type NodeNumber,
} from './parts/network.ts'
import { startNode, type ClusterNode } from './parts/node.ts'
import { launch } from './parts/processes.ts'
import { keepLogs, readRecord, takeDown, writeRecord, type ClusterRecord } from './parts/record.ts'

export interface Cluster {
  readonly record: ClusterRecord
  readonly url: string
  readonly authority: string
  /** Path of the administrator's kubeconfig: for the test, never for what is tested. */
  readonly kubeconfig: string
  readonly kubectl: Kubectl
  readonly nodes: readonly ClusterNode[]
  serviceAccount(namespace: string, name: string): Promise<ServiceAccountAccess>
  /** Ends everything that runs on a node at once, as when its power fails; its object stays. */
  loseNode(node: ClusterNode): Promise<void>
  /** Takes it down and lets the next one in. */
  stop(): Promise<void>
}

const kubelet = (number: NodeNumber): User => ({ name: `system:node:${nodeName(number)}`, groups: ['system:nodes'] })
const kubeProxy: User = { name: 'system:kube-proxy' }
const scheduler: User = { name: 'system:kube-scheduler' }
const controllerManager: User = { name: 'system:kube-controller-manager' }

const users = [administrator, kubeProxy, scheduler, controllerManager, kubeRouterUser, ...nodeNumbers.map(kubelet)]

function plan(): ClusterRecord {
  const prefix = `mg${randomBytes(2).toString('hex')}`
  return {
    prefix,
    kept: false,
    dir: join(cacheDir, 'run', prefix),
    cgroup: prefix,
    netnses: machines.map((machine) => netnsOf(prefix, machine)),
    bridge: bridgeOf(prefix),
    startedAt: Date.now(),
    steps: {},
  }
}

/** The control plane has a machine of its own, which is no node, as where somebody else runs it. */
const placeOf = ({ dir }: ClusterRecord): ApiPlace => ({
  dir,
  etcdPort: 2379,
  etcdPeerPort: 2380,
  port: 6443,
  bind: '0.0.0.0',
  advertise: controlAddress,
})

function inControl({ prefix, dir, cgroup }: ClusterRecord) {
  const entrance = ['nsenter', `--net=/run/netns/${netnsOf(prefix, 'control')}`, '--']
  return (name: string, ...command: readonly string[]) =>
    launch(dir, `${cgroup}/control`, entrance, { name, command: [...command] })
}

function startApi(record: ClusterRecord): void {
  const start = inControl(record)
  for (const { name, command } of [etcd(placeOf(record)), apiServer(placeOf(record))]) start(name, ...command)
}

function startControllers(record: ClusterRecord, credentials: Credentials): void {
  const start = inControl(record)
  const { dir } = record
  const own = ['--leader-elect=false', '--bind-address=127.0.0.1']
  start(
    'kube-controller-manager',
    ...[binary('kube-controller-manager'), ...own, `--kubeconfig=${credentials.kubeconfig(controllerManager)}`],
    ...[`--service-account-private-key-file=${join(dir, 'sa.key')}`, `--root-ca-file=${authorityIn(dir)}`],
    ...['--use-service-account-credentials', `--cluster-cidr=${podRange}`],
    // A node that is silent is given up sooner than usual, and not so soon that a busy machine loses one.
    ...['--node-monitor-period=1s', '--node-monitor-grace-period=30s'],
  )
  start('kube-scheduler', ...[binary('kube-scheduler'), ...own, `--kubeconfig=${credentials.kubeconfig(scheduler)}`])
}

interface NodeObject {
  readonly metadata: { readonly name: string }
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

const isReady = ({ status }: NodeObject) =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')

async function nodesAreReady(kubectl: Kubectl): Promise<void> {
  await until('both nodes to be ready', async () => {
    const nodes = await kubectl.list<NodeObject>('nodes').catch(() => [])
    return nodes.filter(isReady).length === nodeNumbers.length
  })
}

/** Times the steps of a start and keeps the record of them. */
function createSteps(first: ClusterRecord, say: Say) {
  let record = first
  return {
    record: () => record,
    /** It is whole now, and stays when its maker ends. */
    keep: () => {
      record = { ...record, kept: true }
      writeRecord(record)
    },
    step: async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
      const started = Date.now()
      const done = await work()
      const took = Date.now() - started
      record = { ...record, steps: { ...record.steps, [name]: took } }
      writeRecord(record)
      say(`${name}: ${(took / 1000).toFixed(1)} s`)
      return done
    },
  }
}

async function startNodes(record: ClusterRecord, credentials: Credentials): Promise<ClusterNode[]> {
  const { dir, prefix } = record
  return Promise.all(
    nodeNumbers.map((number) =>
      startNode({
        number,
        prefix,
        dir,
        kubeconfigs: {
          kubelet: credentials.kubeconfig(kubelet(number)),
          kubeProxy: credentials.kubeconfig(kubeProxy),
          kubeRouter: credentials.kubeconfig(kubeRouterUser),
        },
      }),
    ),
  )
}

async function bringUp(plan: ClusterRecord, kept: boolean, lock: Lock, say: Say): Promise<Cluster> {
  const { dir, prefix, cgroup } = plan
  const url = `https://${controlAddress}:6443`
  const authority = authorityIn(dir)
  mkdirSync(dir, { recursive: true })
  const { step, record, keep } = createSteps(plan, say)
  const credentials = makeCredentials({ dir, server: url, authority, users })
  const kubeconfig = credentials.kubeconfig(administrator)
  const kubectl = createKubectl(kubeconfig)
  const archives = await step('images', imageArchives)
  await step('network', () => {
    makeNetwork(prefix)
    makeCgroup(cgroup)
    makeCgroup(`${cgroup}/control`)
  })
  startApi(plan)
  const nodes = await step('containerd on both nodes', () => startNodes(plan, credentials))
  await step('API server', () => apiIsReady(dir, { server: url, authority, token: credentials.tokenOf(administrator) }))
  startControllers(plan, credentials)
  for (const node of nodes) node.join()
  await Promise.all([
    step('images in both nodes', () => Promise.all(nodes.map((node) => node.importImages(archives)))),
    step('name server and definitions', async () => {
      await kubectl.apply(baseObjects)
      await define(kubectl)
    }),
    step('nodes ready', () => nodesAreReady(kubectl)),
  ])
  for (const node of nodes) node.startPolicies()
  await step('name server ready', () =>
    kubectl.run(['rollout', 'status', 'deployment/coredns', '-n', 'kube-system', '--timeout=180s']),
  )
  if (kept) keep()
  return {
    record: record(),
    url,
    authority,
    kubeconfig,
    kubectl,
    nodes,
    serviceAccount: (namespace, name) =>
      serviceAccountAccess(kubectl, { server: url, authority, dir }, namespace, name),
    loseNode: ({ cgroup: ofNode }) => removeCgroup(ofNode),
    async stop() {
      await takeDown(record())
      lock.release()
    },
  }
}

/** Takes down a cluster that is up or what one has left. Returns whether there was any. */
export async function stopCluster(say: Say): Promise<boolean> {
  const lock = await hold('cluster', say)
  try {
    const found = readRecord()
    if (found) await takeDown(found)
    return found !== undefined
  } finally {
    lock.release()
  }
}

export interface ClusterOptions {
  readonly say?: Say
  /** It stays when this process ends; by default nobody but this process uses it. */
  readonly kept?: boolean
}

/** Whether somebody has a cluster up and wants to keep it; one whose machine was started again is only remains. */
export const isKept = ({ kept, cgroup }: ClusterRecord): boolean => kept && processesOf(cgroup).length > 0

/** Builds what is missing and starts the cluster; waits for one that other tests are using. Ready when names resolve. */
export async function startCluster({
  say = (line) => void process.stderr.write(`cluster: ${line}\n`),
  kept = false,
}: ClusterOptions = {}): Promise<Cluster> {
  await build('cluster', say)
  const lock = await hold('cluster', say)
  const found = readRecord()
  if (found && isKept(found)) {
    lock.release()
    throw new Error(
      'a cluster is up that `npm run cluster -- up` has started; take it down with `npm run cluster -- down`',
    )
  }
  if (found) {
    say('taking down what a run that was killed has left')
    await takeDown(found)
  }
  const record = plan()
  writeRecord(record)
  return bringUp(record, kept, lock, say).catch(async (error: unknown) => {
    say(`it did not come up; its logs are kept in ${keepLogs(record)}`)
    await takeDown(record)
    lock.release()
    throw error
  })
}

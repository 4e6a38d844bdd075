// Objects of the tests of the watch, and what a kubelet would say of their pods.
import type { Kubectl, KubeObject } from '../parts/kubectl.ts'

export const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

export const pod = (
  name: string,
  more: { readonly hostNetwork?: boolean; readonly ports?: readonly number[]; readonly owner?: object } = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name }, ...(more.owner && { ownerReferences: [more.owner] }) },
  spec: {
    nodeName: 'n1',
    hostNetwork: more.hostNetwork ?? false,
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'c',
        image: 'none',
        ports: (more.ports ?? []).map((containerPort) => ({
          containerPort,
          hostPort: more.hostNetwork ? containerPort : undefined,
        })),
      },
    ],
  },
})

export interface PodStatus {
  readonly ip: string
  readonly phase?: string
  /** Unix seconds. */
  readonly startedAt?: number
  readonly finishedAt?: number
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')

/** Patches a pod's status through the API, as its kubelet does. */
export async function setStatus(kubectl: Kubectl, name: string, status: PodStatus): Promise<void> {
  const { ip, phase = 'Running', startedAt = Math.floor(Date.now() / 1000), finishedAt } = status
  const state =
    finishedAt === undefined
      ? { running: { startedAt: iso(startedAt) } }
      : { terminated: { exitCode: 0, startedAt: iso(startedAt), finishedAt: iso(finishedAt) } }
  const patch = {
    status: {
      phase,
      podIP: ip,
      podIPs: [{ ip }],
      startTime: iso(startedAt),
      containerStatuses: [
        {
          name: 'c',
          image: 'none',
          imageID: '',
          ready: true,
          restartCount: 0,
          containerID: `containerd://${name}`,
          state,
        },
      ],
    },
  }
  await kubectl.run([
    'patch',
    'pod',
    name,
    '-n',
    'shop',
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify(patch),
  ])
}

export const remove = (kubectl: Kubectl, kind: string, name: string): Promise<unknown> =>
  kubectl.run(['delete', kind, name, '-n', 'shop', '--force', '--grace-period=0'])

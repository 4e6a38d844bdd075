// Kubernetes objects as the inventory needs them, read from the form in which any source gives them (YAML now, the API's
// JSON the same). What is not needed is not kept. An object that cannot be read is a problem with a name and spoils nothing.
import { z } from 'zod'

const labels = z.record(z.string(), z.string()).catch({}).default({})
const time = z
  .union([z.string(), z.date()])
  .transform((value) => new Date(value).getTime() / 1000)
  .pipe(z.number())
  .optional()
  .catch(undefined)

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  labels,
  generateName: z.string().optional(),
  creationTimestamp: time,
  deletionTimestamp: time,
  annotations: z.record(z.string(), z.string()).catch({}).default({}),
})

export type Metadata = z.output<typeof metadata>

const containerStatus = z.object({
  state: z
    .object({
      running: z.object({ startedAt: time }).optional(),
      terminated: z.object({ startedAt: time, finishedAt: time }).optional(),
    })
    .optional(),
})
const containerStatuses = z.array(containerStatus).catch([]).default([])

const container = z.object({
  ports: z
    .array(z.object({ containerPort: z.int(), protocol: z.string().default('TCP') }))
    .nullish()
    .transform((list) => list ?? []),
})

const pod = z.object({
  kind: z.literal('Pod'),
  metadata,
  spec: z
    .object({
      nodeName: z.string().optional(),
      hostNetwork: z.boolean().default(false),
      containers: z.array(container).catch([]).default([]),
      initContainers: z.array(container).catch([]).default([]),
    })
    .default({ hostNetwork: false, containers: [], initContainers: [] }),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      podIPs: z.array(z.object({ ip: z.string() })).default([]),
      startTime: time,
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: time }))
        .catch([])
        .default([]),
      containerStatuses,
      initContainerStatuses: containerStatuses,
      ephemeralContainerStatuses: containerStatuses,
    })
    .default({
      podIPs: [],
      conditions: [],
      containerStatuses: [],
      initContainerStatuses: [],
      ephemeralContainerStatuses: [],
    }),
})

const servicePort = z.object({
  name: z.string().default(''),
  port: z.int(),
  protocol: z.string().default('TCP'),
  nodePort: z.int().optional(),
})

const service = z.object({
  kind: z.literal('Service'),
  metadata,
  spec: z
    .object({
      type: z.string().optional(),
      clusterIP: z.string().optional(),
      clusterIPs: z.array(z.string()).default([]),
      externalIPs: z.array(z.string()).default([]),
      selector: z.record(z.string(), z.string()).nullish(),
      ports: z.array(servicePort).default([]),
      internalTrafficPolicy: z.string().optional(),
      externalTrafficPolicy: z.string().optional(),
    })
    .default({ clusterIPs: [], externalIPs: [], ports: [] }),
  status: z
    .object({
      loadBalancer: z
        .object({
          ingress: z.array(z.object({ ip: z.string().optional(), ipMode: z.string().optional() })).default([]),
        })
        .optional(),
    })
    .default({}),
})

const node = z.object({
  kind: z.literal('Node'),
  metadata,
  status: z
    .object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]) })
    .default({ addresses: [] }),
})

const endpointSlice = z.object({
  kind: z.literal('EndpointSlice'),
  metadata,
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()).default([]),
        nodeName: z.string().nullish(),
        conditions: z
          .object({
            ready: z.boolean().nullish(),
            serving: z.boolean().nullish(),
            terminating: z.boolean().nullish(),
          })
          .nullish(),
      }),
    )
    .nullish()
    .transform((list) => list ?? []),
  ports: z
    .array(z.object({ name: z.string().nullish(), port: z.int().nullish(), protocol: z.string().nullish() }))
    .nullish()
    .transform((list) => list ?? []),
})

const networkSet = z.object({
  kind: z.enum(['NetworkSet', 'GlobalNetworkSet']),
  metadata,
  spec: z.object({ nets: z.array(z.string()).default([]) }).default({ nets: [] }),
})

const object = z.discriminatedUnion('kind', [pod, service, node, endpointSlice, networkSet])

export type KubernetesObject = z.output<typeof object>
export type Pod = z.output<typeof pod>
export type Service = z.output<typeof service>
export type Node = z.output<typeof node>
export type EndpointSlice = z.output<typeof endpointSlice>

/** Kinds that names rest on. */
export const inventoryKinds: readonly string[] = [
  'Pod',
  'Service',
  'Node',
  'EndpointSlice',
  'NetworkSet',
  'GlobalNetworkSet',
]
const kinds: ReadonlySet<string> = new Set(inventoryKinds)

export type ReadObject =
  | { readonly kind: 'object'; readonly object: KubernetesObject }
  /** A kind that the inventory has no use for. */
  | { readonly kind: 'other' }
  | { readonly kind: 'problem'; readonly problem: string }

export function readObject(value: unknown): ReadObject {
  const { kind, metadata: meta } = (value ?? {}) as { kind?: unknown; metadata?: { name?: unknown } }
  if (typeof kind !== 'string') return { kind: 'problem', problem: 'object has no kind' }
  if (!kinds.has(kind)) return { kind: 'other' }
  const read = object.safeParse(value)
  if (read.success) return { kind: 'object', object: read.data }
  const issue = read.error.issues[0]
  const name = typeof meta?.name === 'string' ? meta.name : 'without name'
  return { kind: 'problem', problem: `${kind} ${name}: ${issue?.path.join('.')} ${issue?.message}` }
}

/** A cron job calls each of its jobs by the minute that it is for: they are runs of one workload, 1,440 a day at most. */
const cronRun = /-\d{8,10}-$/

/** What stands for all pods whose names were generated with a prefix. */
export const aggregatedBy = (prefix: string): string => `${prefix.replace(cronRun, '-')}*`

/** The name of a pod's workload as Calico's logs print it: the generated prefix and a star, or the whole name of its own. */
export const aggregatedName = ({ metadata: { name, generateName } }: Pod): string =>
  generateName ? aggregatedBy(generateName) : name

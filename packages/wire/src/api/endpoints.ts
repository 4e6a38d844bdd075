// Everything that policies select and that flows begin or end at: pods and host endpoints, as of any moment.
import { z } from 'zod'
import {
  asOfParameters,
  asOfSchema,
  counterSchema,
  flagParameter,
  pageParameters,
  pageSchema,
  trafficParameters,
  trafficSchema,
} from './as-of.ts'

export const endpointColumns = ['name', 'namespace', 'node', 'type', 'workload', 'policies', 'denied'] as const

export const endpointsSearchSchema = z.strictObject({
  ...asOfParameters,
  ...trafficParameters,
  name: z.string().max(256).optional().describe('Part of the name or of the workload, whatever its case.'),
  namespace: z.string().max(256).optional(),
  node: z.string().max(256).optional(),
  ip: z.string().max(64).optional().describe('An address of the endpoint.'),
  type: z.enum(['wep', 'hep']).optional().describe('wep: pods, hep: host endpoints.'),
  labels: z
    .string()
    .max(4096)
    .optional()
    .describe(
      "Label selector, Kubernetes' form (app=web,tier in (a, b),!old) or Calico's (app == 'web' && has(tier)).",
    ),
  policy: z
    .string()
    .max(512)
    .optional()
    .describe('Only those that this policy selects: its id, name or namespace/name.'),
  unlabelled: flagParameter.describe('Only those without labels.'),
  unprotected: flagParameter.describe('Only those that no enforced policy covers, in neither direction.'),
  open: z
    .enum(['ingress', 'egress'])
    .optional()
    .describe('Only those that no enforced policy covers in this direction.'),
  denied: flagParameter.describe('Only those with denied traffic in the time of the traffic.'),
  sort: z.enum(endpointColumns).default('namespace'),
  descending: flagParameter,
  ...pageParameters,
})

/** A policy as an endpoint's list names it. */
export const policyRefSchema = z.object({
  id: z.string().describe('Of GET /policies/{id}.'),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  tier: z.string(),
  staged: z.boolean(),
  directions: z.array(z.enum(['ingress', 'egress'])),
})

export const workloadSchema = z.object({
  kind: z.string().describe('Deployment, StatefulSet, DaemonSet, Job, CronJob, …; Pod where nothing owns it.'),
  name: z.string(),
})

export const endpointSchema = z.object({
  type: z.enum(['wep', 'hep']).describe('wep: a pod, hep: a host endpoint; as in the flow log.'),
  namespace: z.string().optional().describe('Absent at host endpoints.'),
  name: z.string(),
  ips: z.array(z.string()),
  node: z.string().optional().describe('Absent while it is not scheduled.'),
  workload: workloadSchema.optional(),
  serviceAccount: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  hostNetwork: z.boolean().describe("On the host's network: policies of pods do not select it."),
  phase: z.string().optional().describe('Pending, Running, Succeeded, Failed.'),
  policies: z.array(policyRefSchema).describe('Those that select it, in the order in which they are asked.'),
  protected: z
    .object({ ingress: z.boolean(), egress: z.boolean() })
    .describe('Whether an enforced policy covers the direction.'),
  denied: z
    .object({ connections: counterSchema, packets: counterSchema })
    .optional()
    .describe('Denied in the time of the traffic, as source or destination. Absent where it is not known.'),
})

export const endpointsSchema = asOfSchema.extend({
  traffic: trafficSchema,
  endpoints: z.array(endpointSchema),
  ...pageSchema.shape,
  unattributed: counterSchema
    .optional()
    .describe('Denied connections of pods whose names the records do not carry; they are in no figure above.'),
})

export type EndpointsSearch = z.output<typeof endpointsSearchSchema>
export type Endpoint = z.output<typeof endpointSchema>
export type EndpointsResponse = z.output<typeof endpointsSchema>
export type PolicyRef = z.output<typeof policyRefSchema>

// Policies as of any moment: the list in the order in which they are asked, one of them with its rules and what these did,
// why one flow is allowed or denied, and what other policies would do to the flows that were seen.
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
import { rangeSchema } from './question.ts'

const directionSchema = z.enum(['ingress', 'egress'])
const verdictSchema = z.enum(['allow', 'deny', 'unknown'])

export const policiesSearchSchema = z.strictObject({
  ...asOfParameters,
  ...trafficParameters,
  name: z.string().max(256).optional().describe('Part of the name or of namespace/name.'),
  namespace: z.string().max(256).optional(),
  tier: z.string().max(256).optional(),
  kind: z.string().max(256).optional().describe('As in the object, such as NetworkPolicy or StagedNetworkPolicy.'),
  staged: flagParameter.describe('Only staged ones.'),
  unused: flagParameter.describe('Only those that nothing was judged by.'),
  denied: flagParameter.describe('Only those that denied traffic in the time of the traffic.'),
  ...pageParameters,
})

export const policySearchSchema = z.strictObject({ ...asOfParameters, ...trafficParameters })

const countsSchema = z.object({ connections: counterSchema, packets: counterSchema, bytes: counterSchema })

/** What a policy, or a rule of one, did. */
export const policyUseSchema = z.object({
  allowed: countsSchema.describe('In the time of the traffic, as the next two.'),
  denied: countsSchema,
  passed: countsSchema,
  lastEvaluated: z.number().optional().describe('Unix seconds: when it last decided something, in any generation.'),
  lastEvaluatedGeneration: z.number().optional().describe('The generation that did.'),
  unused: z
    .enum(['used', 'unused', 'other-generation', 'edited', 'unknown'])
    .describe(
      'unused: decided nothing as far back as is known; other-generation: only an earlier version did; edited: changed too lately to tell; unknown: nobody counted.',
    ),
})

export const policySchema = z.object({
  id: z.string(),
  apiVersion: z.string(),
  kind: z.string().describe('As in the object.'),
  namespace: z.string().optional(),
  name: z.string(),
  scope: z.enum(['namespace', 'cluster']),
  staged: z.boolean(),
  tier: z.string(),
  tierOrder: z.number().optional().describe('Absent where the tier states none, and then it is last.'),
  order: z.number().optional().describe('Absent where the policy states none, and then it is last in its tier.'),
  position: z.number().int().describe('Place in the order in which all are asked, from 0.'),
  directions: z.array(directionSchema),
  subject: z.string().describe('Whom it selects, in words.'),
  rules: z.object({ ingress: z.number().int(), egress: z.number().int() }),
  selects: z.number().int().optional().describe('Endpoints that it selects. Absent where no endpoint is known.'),
  generation: z.number().int().optional(),
  createdAt: z.number().optional().describe('Unix seconds.'),
  use: policyUseSchema.optional().describe('Absent where nobody counted: then it is no zero.'),
})

export const tierSchema = z.object({
  name: z.string(),
  order: z.number().optional(),
  defaultAction: z.enum(['deny', 'pass']),
  policies: z.number().int(),
})

/** Since when decisions are counted, and whether they are. */
const countedSchema = z.object({
  since: z.number().optional().describe('Unix seconds: as far back as counts of decisions go. Absent: there are none.'),
  says: z.string(),
})

export const policiesSchema = asOfSchema.extend({
  traffic: trafficSchema,
  counted: countedSchema,
  tiers: z.array(tierSchema).describe('In the order in which they are walked.'),
  policies: z.array(policySchema),
  ...pageSchema.shape,
})

export const policyRuleSchema = z.object({
  direction: directionSchema,
  index: z.number().int().describe('As in traces.'),
  number: z.number().int().describe("Among the author's rules of this direction, from 0."),
  origin: z.string().describe('Where it stands in the object: ingress[0], ingress[0].from[1].'),
  name: z.string().optional(),
  action: z.enum(['allow', 'deny', 'pass', 'log']),
  words: z.string(),
  use: policyUseSchema.optional().describe('Absent where nobody counted, and on rules that only log.'),
})

const issueSchema = z.object({
  severity: z.string(),
  object: z.string(),
  path: z.string(),
  message: z.string(),
})

export const policyDetailSchema = asOfSchema.extend({
  traffic: trafficSchema,
  counted: countedSchema,
  policy: policySchema,
  yaml: z.string().describe('The object as it was, without what only the API server needs.'),
  document: z.record(z.string(), z.unknown()),
  rules: z.array(policyRuleSchema),
  endOfTier: z
    .object({ ingress: policyUseSchema.optional(), egress: policyUseSchema.optional() })
    .describe('What the end of its tier decided because of this policy.'),
  issues: z.array(issueSchema).describe('What is wrong with the object; such parts of it were left out.'),
})

const endText = z.string().min(1).max(512).describe('namespace/pod, or an address.')

export const policyExplainRequestSchema = z.union([
  z.strictObject({
    source: endText,
    destination: endText,
    protocol: z.union([z.string(), z.number()]).default('tcp'),
    port: z
      .union([z.number().int().min(1).max(65_535), z.string().max(63)])
      .optional()
      .describe('Of the destination: a number, or the name that its pod has for it.'),
    sourcePort: z.number().int().min(1).max(65_535).optional(),
    at: z.number().int().optional().describe('Unix seconds. Absent: now.'),
    pending: z.boolean().default(false).describe('As if staged policies were enforced.'),
  }),
  z.strictObject({
    record: z.record(z.string(), z.unknown()).describe('A flow record as the flow log has it.'),
    at: z.number().int().optional().describe("Unix seconds. Absent: the record's own time."),
    pending: z.boolean().default(false),
  }),
])

/** One entry of a trace, told three ways. */
export const hitSchema = z.object({
  text: z.string().describe("Calico's text: <index>|<tier>|<name>|<action>|<rule>."),
  words: z.string(),
  kind: z.string(),
  tier: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string(),
  action: z.enum(['allow', 'deny', 'pass']),
  rule: z.union([z.number(), z.enum(['none', 'unknown'])]),
  staged: z.boolean(),
  policy: z.string().optional().describe('Id of GET /policies/{id}, where the policy is there.'),
})

export const decisionSchema = z.object({
  by: z.enum(['rule', 'end-of-tier', 'profile', 'exemption', 'missing-fact']),
  tier: z.string().optional(),
  policies: z.array(z.string()).describe('Ids: the policy whose rule decided, or those that isolate.'),
  rule: z.number().int().optional().describe("The author's number of the rule, from 0."),
  ruleWords: z.string().optional(),
  profile: z.string().optional(),
  reason: z.string().optional(),
})

const missingSchema = z.object({ kind: z.string(), text: z.string() })

export const explainedDirectionSchema = z.object({
  direction: directionSchema,
  endpoint: z.string(),
  verdict: verdictSchema,
  sentence: z.string(),
  decision: decisionSchema,
  trace: z.array(hitSchema),
  fix: z
    .object({ kind: z.enum(['label', 'port', 'rule']), text: z.string() })
    .optional()
    .describe('The smallest change that would admit the flow; it was tried.'),
  missing: z.array(missingSchema),
})

export const explainedEndSchema = z.object({
  words: z.string(),
  pod: z.string().optional(),
  address: z.string().optional(),
  hostEndpoint: z.string().optional(),
  domains: z.array(z.string()).optional(),
  aliases: z.array(z.string()).optional().describe('Names between one of the domains and the address (CNAME).'),
  labels: z.record(z.string(), z.string()).optional().describe('Absent where they are not known.'),
})

/** What the record itself says of its verdict, and whether the policies of its moment say the same. */
export const recordedSchema = z.object({
  verdict: verdictSchema,
  reporter: z.string().optional(),
  evidence: z.enum(['observed', 'evaluated', 'unknown']),
  evidenceSource: z.string().optional().describe('nflog, nf_trace, conntrack, drop, record, evaluated.'),
  trace: z.array(hitSchema),
  agrees: z.boolean().optional().describe('Absent where one of the two cannot tell.'),
})

export const policyExplanationSchema = asOfSchema.extend({
  verdict: verdictSchema,
  evidence: z
    .enum(['observed', 'evaluated', 'unknown'])
    .describe('What the verdict rests on: what was observed of the record, or the policies of the moment.'),
  mode: z.enum(['enforced', 'pending']),
  headline: z.string(),
  text: z.string().describe('The whole explanation, as lines.'),
  source: explainedEndSchema,
  destination: explainedEndSchema,
  protocol: z.string(),
  port: z.number().int().optional(),
  directions: z.array(explainedDirectionSchema),
  missing: z.array(missingSchema).describe('What would have to be known to tell.'),
  recorded: recordedSchema.optional(),
  notes: z.array(z.string()).describe('What was taken for granted on the way.'),
})

export const policySimulationRequestSchema = z.strictObject({
  documents: z
    .union([z.string(), z.array(z.record(z.string(), z.unknown()))])
    .default([])
    .describe('Objects as with kubectl apply: YAML or JSON text, or a list. Those of the same name are replaced.'),
  remove: z.array(z.string()).max(1000).default([]).describe('Ids of policies that go.'),
  range: rangeSchema.default({ from: { ago: 3600 }, to: { ago: 0 } }).describe('The flows that are judged.'),
  query: z.string().max(65_536).default('').describe('Only flows that match, in KQL.'),
  at: z.number().int().optional().describe('Unix seconds: the objects as they were then. Absent: as they are now.'),
  pending: z.boolean().default(false).describe('As if staged policies were enforced, before and after.'),
  limit: z.number().int().min(1).max(10_000).default(1000).describe('Changes that are told.'),
})

const weightSchema = z.object({
  flows: z.number().int().describe('Distinct: both ends, protocol and port.'),
  connections: counterSchema,
  bytes: counterSchema,
})

/** An end as the graph names it. */
export const simulatedEndSchema = z.object({
  type: z.string().describe('wep, hep, ns, net'),
  namespace: z.string(),
  name: z.string().describe('Pod, host or address.'),
  nameAggr: z.string().describe('As in the flow log: the workload, host, network set, pvt or pub.'),
})

export const simulatedFlowSchema = z.object({
  change: z.enum(['newly-allowed', 'newly-denied', 'uncertain']),
  source: simulatedEndSchema,
  destination: simulatedEndSchema,
  protocol: z.string(),
  port: z.number().int().optional(),
  before: verdictSchema,
  after: verdictSchema,
  reason: z.string(),
  connections: counterSchema,
  bytes: counterSchema,
  lastSeen: z.number().describe('Unix seconds.'),
})

export const policySimulationSchema = asOfSchema.extend({
  traffic: trafficSchema,
  mode: z.enum(['enforced', 'pending']),
  judged: z.number().int().describe('Flows within reach of the change; the others stay as they are.'),
  totals: z.object({
    newlyAllowed: weightSchema,
    newlyDenied: weightSchema,
    same: weightSchema,
    uncertain: weightSchema.describe('Whether they would pass cannot be told before, after, or both.'),
  }),
  changes: z.array(simulatedFlowSchema).describe('The heaviest first.'),
  truncated: z.boolean().describe('More changed than are told; the totals are of all.'),
  incomplete: z.boolean().describe('More distinct flows were seen than can be judged at once; the heaviest were.'),
  policies: z
    .array(z.object({ id: z.string(), change: z.enum(['added', 'replaced', 'removed', 'same']) }))
    .describe('What the documents do to the policies.'),
  issues: z.array(issueSchema).describe('What is wrong with the documents; errors leave an object out.'),
})

export type PolicyUse = z.output<typeof policyUseSchema>
export type Policy = z.output<typeof policySchema>
export type PoliciesResponse = z.output<typeof policiesSchema>
export type PolicyDetail = z.output<typeof policyDetailSchema>
export type PolicyRule = z.output<typeof policyRuleSchema>
export type PolicyExplainRequest = z.input<typeof policyExplainRequestSchema>
export type PolicyExplanation = z.output<typeof policyExplanationSchema>
export type ExplainedDirection = z.output<typeof explainedDirectionSchema>
export type Hit = z.output<typeof hitSchema>
export type PolicySimulationRequest = z.input<typeof policySimulationRequestSchema>
export type PolicySimulation = z.output<typeof policySimulationSchema>
export type SimulatedFlow = z.output<typeof simulatedFlowSchema>

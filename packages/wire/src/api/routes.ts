// Every endpoint of the API, once. The server's registration, the typed clients and the OpenAPI document are derived from
// this table, so none of them can tell another story.
import { z } from 'zod'
import { endsRequestSchema, endsSchema } from './ends.ts'
import { changesSchema, changesSearchSchema } from './changes.ts'
import { endpointsSchema, endpointsSearchSchema } from './endpoints.ts'
import { explainRequestSchema, explainSchema } from './explain.ts'
import { exportRequestSchema } from './export.ts'
import { fieldsSchema, valuesRequestSchema, valuesSchema } from './fields.ts'
import { graphRequestSchema, graphSchema } from './graph.ts'
import { healthSchema } from './health.ts'
import { ingestResponseSchema } from './ingest.ts'
import { networkSetsSchema, networkSetsSearchSchema } from './network-sets.ts'
import { nodesSchema, nodesSearchSchema } from './nodes.ts'
import {
  policiesSchema,
  policiesSearchSchema,
  policyDetailSchema,
  policyExplainRequestSchema,
  policyExplanationSchema,
  policySearchSchema,
  policySimulationRequestSchema,
  policySimulationSchema,
} from './policies.ts'
import { answerSchema, questionSchema } from './question.ts'
import { tailSearchSchema } from './tail.ts'

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Below `/api/v1`; parameters as `{name}`. */
  readonly path: string
  readonly summary: string
  readonly doc: string
  /** JSON body. */
  readonly body?: z.ZodType
  /** Body of another type than JSON. */
  readonly bodyType?: string
  readonly search?: z.ZodObject
  /** JSON answer. */
  readonly answer?: z.ZodType
  /** Answer of another type than JSON. */
  readonly answerType?: string
  /** Request headers that mean something beyond HTTP itself. */
  readonly headers?: Readonly<Record<string, string>>
}

export const apiPrefix = '/api/v1'

export const routes = {
  query: {
    method: 'POST',
    path: '/query',
    summary: 'Ask a question',
    doc: 'Rows or groups of one log type in a time range, by a KQL filter.',
    body: questionSchema,
    answer: answerSchema,
  },
  graph: {
    method: 'POST',
    path: '/graph',
    summary: 'Flows grouped by both ends',
    doc: 'What the service graph is built from, as columns; the heaviest groups where there are more than the limit.',
    body: graphRequestSchema,
    answer: graphSchema,
  },
  ends: {
    method: 'POST',
    path: '/flows/ends',
    summary: 'Both ends of failed and slow connections',
    doc: 'What the source, the destination and the way between saw of a connection, what decided, and that in one sentence.',
    body: endsRequestSchema,
    answer: endsSchema,
  },
  tail: {
    method: 'GET',
    path: '/tail',
    summary: 'Rows as they come',
    doc: 'Server-sent events `rows` and `state`; one connection carries several subscriptions.',
    search: tailSearchSchema,
    answerType: 'text/event-stream',
  },
  fields: {
    method: 'GET',
    path: '/fields',
    summary: 'Log types and their fields',
    doc: 'Names, kinds, units and sentences of every field.',
    answer: fieldsSchema,
  },
  values: {
    method: 'GET',
    path: '/values',
    summary: 'Values of a field',
    doc: 'The commonest values of a field that start with a prefix, with the number of rows that have them.',
    search: valuesRequestSchema,
    answer: valuesSchema,
  },
  explainQuery: {
    method: 'POST',
    path: '/explain-query',
    summary: 'Check a filter',
    doc: 'Errors with their place, remarks, and the plainest spelling of a KQL filter. Asks the store nothing.',
    body: explainRequestSchema,
    answer: explainSchema,
  },
  ingest: {
    method: 'POST',
    path: '/ingest/{logType}',
    summary: 'Send records',
    doc: 'NDJSON in the published format, gzip or zstd. Good rows are durable when the answer comes, bad ones are named by line and field.',
    bodyType: 'application/x-ndjson',
    headers: {
      'idempotency-key': 'At most 200 characters. A request with a key that was seen before adds nothing.',
    },
    answer: ingestResponseSchema,
  },
  exportCsv: {
    method: 'GET',
    path: '/export.csv',
    summary: 'Rows as CSV',
    doc: 'RFC 4180, as many rows as the search has; lists are JSON in one cell.',
    search: exportRequestSchema,
    answerType: 'text/csv',
  },
  exportNdjson: {
    method: 'GET',
    path: '/export.ndjson',
    summary: 'Rows as NDJSON',
    doc: 'One record a line, in the form in which they are sent in.',
    search: exportRequestSchema,
    answerType: 'application/x-ndjson',
  },
  endpoints: {
    method: 'GET',
    path: '/endpoints',
    summary: 'Pods and host endpoints',
    doc: 'Who there is at a moment, which policies concern each, and what was denied to it.',
    search: endpointsSearchSchema,
    answer: endpointsSchema,
  },
  nodes: {
    method: 'GET',
    path: '/nodes',
    summary: 'Nodes',
    doc: 'Nodes at a moment with what runs there, rates in and out, and the state of their agents.',
    search: nodesSearchSchema,
    answer: nodesSchema,
  },
  networkSets: {
    method: 'GET',
    path: '/network-sets',
    summary: 'Network sets',
    doc: 'Named networks and domains at a moment.',
    search: networkSetsSearchSchema,
    answer: networkSetsSchema,
  },
  policies: {
    method: 'GET',
    path: '/policies',
    summary: 'Policies',
    doc: 'Policies at a moment in the order in which they are asked, whom they select, and what they decided.',
    search: policiesSearchSchema,
    answer: policiesSchema,
  },
  policy: {
    method: 'GET',
    path: '/policies/{id}',
    summary: 'One policy',
    doc: 'The object as YAML, its rules in words, and what each of them decided.',
    search: policySearchSchema,
    answer: policyDetailSchema,
  },
  policyExplain: {
    method: 'POST',
    path: '/policies/explain',
    summary: 'Why a flow is allowed or denied',
    doc: 'Judges a flow, or a record of one, by the policies of its moment: which rule decides, what would admit it, what is not known.',
    body: policyExplainRequestSchema,
    answer: policyExplanationSchema,
  },
  policySimulate: {
    method: 'POST',
    path: '/policies/simulate',
    summary: 'What other policies would do',
    doc: 'Judges recorded traffic by the policies as they are and as they would be with the documents: newly allowed, newly denied, same, uncertain.',
    body: policySimulationRequestSchema,
    answer: policySimulationSchema,
  },
  changes: {
    method: 'GET',
    path: '/changes',
    summary: 'What changed',
    doc: 'Changes of policies, rollouts, nodes and agents in a range, numbered in the order of time.',
    search: changesSearchSchema,
    answer: changesSchema,
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'State of every part',
    doc: 'Parts with queue, lag and loss; sources with their collectors; tables.',
    answer: healthSchema,
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'Our own metrics',
    doc: 'Prometheus text format.',
    answerType: 'text/plain',
  },
} as const satisfies { readonly [name: string]: Route }

export type Routes = typeof routes
export type RouteName = keyof Routes
/** A route by its name, with the members that it does not have as absent. */
export const routeList: readonly (Route & { readonly name: RouteName })[] = Object.entries(routes).map(
  ([name, route]) => ({ ...route, name: name as RouteName }),
)

type Part<K extends RouteName, P extends 'body' | 'search' | 'answer'> = Routes[K] extends {
  readonly [key in P]: infer S extends z.ZodType
}
  ? S
  : never

/** What a client sends and gets. */
export type BodyOf<K extends RouteName> = z.input<Part<K, 'body'>>
export type SearchOf<K extends RouteName> = z.input<Part<K, 'search'>>
export type AnswerOf<K extends RouteName> = z.output<Part<K, 'answer'>>

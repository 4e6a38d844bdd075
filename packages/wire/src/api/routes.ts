// Every endpoint of the API, once. The server's registration, the typed clients and the OpenAPI document are derived from
// this table, so none of them can tell another story.
import { z } from 'zod'
import { endsRequestSchema, endsSchema } from './ends.ts'
import { explainRequestSchema, explainSchema } from './explain.ts'
import { exportRequestSchema } from './export.ts'
import { fieldsSchema, valuesRequestSchema, valuesSchema } from './fields.ts'
import { graphRequestSchema, graphSchema } from './graph.ts'
import { healthSchema } from './health.ts'
import { ingestResponseSchema } from './ingest.ts'
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

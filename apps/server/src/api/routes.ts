// Registers every endpoint of the wire's table. What a handler gets is decoded by the table's schemas; what it gives is
// printed with exact integers.
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Route, RouteName } from '@margay/wire'
import { apiPrefix, openApiDocument, routes } from '@margay/wire'
import type { Right } from '../auth/caller.ts'
import { problemsPage } from '../http/problem.ts'
import { ask } from './ask.ts'
import { fields } from './catalogue.ts'
import { changes } from './changes.ts'
import { createClusterStates } from './cluster/state.ts'
import type { ApiDeps, Asked, HandlerDeps, JsonHandler } from './context.ts'
import { endpoints } from './endpoints.ts'
import { ends } from './ends.ts'
import { explainQuery } from './explain.ts'
import { exportCsv, exportNdjson } from './export.ts'
import { graph } from './graph.ts'
import type { IngestConfig } from './ingest.ts'
import { createIngest } from './ingest.ts'
import { decode, printJson } from './json.ts'
import { networkSets } from './network-sets.ts'
import { nodes } from './nodes.ts'
import { policies, policy } from './policies.ts'
import { policyExplain } from './policy-explain.ts'
import { policySimulate } from './policy-simulate.ts'
import { openChannels, streamTail } from './tail.ts'
import { values } from './values.ts'

export interface RoutesConfig {
  readonly version: string
  readonly ingest: IngestConfig
}

/** Endpoints that answer with one JSON object. */
const jsonHandlers = {
  query: ask,
  graph,
  ends,
  fields,
  values,
  explainQuery,
  endpoints,
  nodes,
  networkSets,
  policies,
  policy,
  policyExplain,
  policySimulate,
  changes,
  health: (_asked, { health }) => health(),
} satisfies { readonly [K in RouteName]?: JsonHandler<K> }

/** A signal that aborts when the client goes away or the server ends. */
function goneSignal(reply: FastifyReply, ended: AbortSignal): AbortSignal {
  const gone = new AbortController()
  // The door may have been asked meanwhile, and the client have gone.
  if (reply.raw.destroyed) gone.abort()
  else reply.raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, ended])
}

function askedOf<K extends RouteName>(name: K, request: FastifyRequest, signal: AbortSignal): Asked<K> {
  const route: Route = routes[name]
  const body = route.body && decode(route.body, request.body, 'body')
  const search = route.search && decode(route.search, request.query, 'parameters')
  return { body, search, signal, params: request.params } as Asked<K>
}

function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').header('cache-control', 'no-store').send(printJson(value))
}

/** `{name}` of the table as Fastify writes it. */
const pathOf = (name: RouteName): string => apiPrefix + routes[name].path.replace(/\{(\w+)\}/g, ':$1')

/** Routes that need more than the right to read. */
const rights = { ingest: 'send', metrics: 'scrape' } as const satisfies { readonly [K in RouteName]?: Right }

/** The rights of those routes, by their address as it is registered. */
export const rightsOfRoutes = (): ReadonlyMap<string, Right> =>
  new Map(Object.entries(rights).map(([name, right]) => [pathOf(name as RouteName), right]))

export function registerRoutes(app: FastifyInstance, config: RoutesConfig, deps: ApiDeps, ended: AbortSignal): void {
  const handlerDeps: HandlerDeps = { ...deps, states: createClusterStates(deps.objects, deps.unseen) }
  for (const name of Object.keys(jsonHandlers) as (keyof typeof jsonHandlers)[]) {
    const handler = jsonHandlers[name] as JsonHandler<RouteName>
    app.route({
      method: routes[name].method,
      url: pathOf(name),
      handler: async (request, reply) => {
        const asked = askedOf<RouteName>(name, request, goneSignal(reply, ended))
        return sendJson(reply, await handler(asked, handlerDeps))
      },
    })
  }
  registerExports(app, deps, ended)
  registerIngest(app, config.ingest, deps)
  registerTexts(app, config.version, deps)
  registerTail(app, deps, ended)
}

const attachment = (name: string) => `attachment; filename="margay-${name}"`

function registerExports(app: FastifyInstance, deps: ApiDeps, ended: AbortSignal): void {
  app.get(pathOf('exportCsv'), async (request, reply) => {
    const { search, signal } = askedOf('exportCsv', request, goneSignal(reply, ended))
    const text = await exportCsv(search, deps, signal)
    return reply
      .type('text/csv; charset=utf-8; header=present')
      .header('content-disposition', attachment(`${search.logType}.csv`))
      .header('cache-control', 'no-store')
      .send(text)
  })
  app.get(pathOf('exportNdjson'), async (request, reply) => {
    const { search, signal } = askedOf('exportNdjson', request, goneSignal(reply, ended))
    const text = await exportNdjson(search, deps, signal)
    return reply
      .type('application/x-ndjson')
      .header('content-disposition', attachment(`${search.logType}.ndjson`))
      .header('cache-control', 'no-store')
      .send(text)
  })
}

function registerIngest(app: FastifyInstance, config: IngestConfig, deps: ApiDeps): void {
  const ingest = createIngest(config, deps)
  void app.register((inner, _options, done) => {
    // Whatever is sent here is read as lines; curl's own type for --data-binary is among them.
    inner.removeAllContentTypeParsers()
    inner.addContentTypeParser('*', (_request, payload, next) => next(null, payload))
    inner.post<{ Params: { logType: string } }>(
      pathOf('ingest'),
      { bodyLimit: config.maxBytes },
      async (request, reply) => {
        const key = request.headers['idempotency-key']
        const answer = await ingest({
          logType: request.params.logType,
          body: request.body as Readable,
          encoding: request.headers['content-encoding'],
          idempotencyKey: Array.isArray(key) ? key[0] : key,
        })
        return sendJson(reply, answer)
      },
    )
    done()
  })
}

function registerTexts(app: FastifyInstance, version: string, deps: ApiDeps): void {
  app.get(pathOf('metrics'), (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(deps.metrics()),
  )
  const document = printJson(openApiDocument(version))
  app.get(`${apiPrefix}/openapi.json`, (_request, reply) => reply.type('application/json').send(document))
  app.get(`${apiPrefix}/problems`, (_request, reply) => reply.type('text/plain; charset=utf-8').send(problemsPage()))
}

function registerTail(app: FastifyInstance, deps: ApiDeps, ended: AbortSignal): void {
  app.get(pathOf('tail'), { config: { lasts: true } }, async (request, reply) => {
    const { search, signal } = askedOf('tail', request, goneSignal(reply, ended))
    const channels = openChannels(search.subscriptions, deps)
    reply.hijack()
    const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
    reply.raw.writeHead(200, { ...headers, 'x-accel-buffering': 'no' } as Record<string, string>)
    streamTail(reply.raw, channels, deps, signal)
  })
}

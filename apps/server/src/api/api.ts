// The HTTP server that answers people: guard, compression, routes, console, and every error as a problem. It ingests
// nothing by itself and decides nothing: it decodes, calls, prints.
import compress from '@fastify/compress'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastify from 'fastify'
import { apiPrefix, routeList } from '@margay/wire'
import { addDoor } from '../auth/door.ts'
import type { Login } from '../auth/login.ts'
import { createSessions } from '../auth/session.ts'
import type { Tls } from '../auth/tls.ts'
import { checkCaller, checkSite, isNavigation } from '../http/guard.ts'
import { isOfApi } from '../http/page.ts'
import { ApiError, problemOf } from '../http/problem.ts'
import { registerConsole } from './console.ts'
import type { ApiDeps } from './context.ts'
import type { IngestConfig } from './ingest.ts'
import { readJson } from './json.ts'
import type { ListenAddress } from './listen.ts'
import { listen } from './listen.ts'
import { registerProbes } from './probes.ts'
import { rightsOfRoutes, registerRoutes } from './routes.ts'

export interface LoginOptions {
  readonly lookAgainMs?: number
  /** Seals what browsers keep; see ../auth/session.ts. */
  readonly sessionKey?: Buffer
}

export interface ApiConfig {
  readonly listen: ListenAddress
  readonly version: string
  /** Names beside localhost under which the server may be asked. */
  readonly allowedHosts: readonly string[]
  readonly consoleDir: string
  readonly ingest: IngestConfig
  /** Without it requests are plain HTTP. */
  readonly tls?: Tls | undefined
  /** Whom requests are let in by; without it everybody, on loopback alone. */
  readonly login?: (Login & LoginOptions) | undefined
}

const maxQuestionBytes = 1024 * 1024
const compressOverBytes = 1024

function addGuards(app: FastifyInstance, config: ApiConfig): void {
  app.addHook('onRequest', (request, reply, done) => {
    checkIn(request, reply, config)
    done()
  })
}

/** What is done with every request before anything of it is read. Throws where it may not ask. */
function checkIn(request: FastifyRequest, reply: FastifyReply, config: ApiConfig): void {
  void reply.headers({
    'x-margay-version': config.version,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    // Pages of other sites neither read what is here nor hold a window on it.
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'x-frame-options': 'DENY',
  })
  const { allowedHosts, login, tls } = config
  checkCaller(request.headers, {
    allowedHosts,
    allowsAddresses: login !== undefined,
    isSecure: tls !== undefined,
  })
  if (isOfApi(request) || !isNavigation(request.headers)) checkSite(request.headers)
}

const patterns = routeList.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${apiPrefix}${path.replace(/\{\w+\}/g, '[^/]+')}$`),
}))

/** The table's methods by path, to tell a wrong method from a wrong path. */
function methodsAt(url: string): readonly string[] {
  const path = url.split('?')[0]!
  return patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, deps: ApiDeps): FastifyReply {
  const { problem, told } = problemOf(error)
  if (!told) deps.onFault(error, { id: request.id, route: request.routeOptions.url ?? 'none' })
  if (problem.status === 405) void reply.header('allow', methodsAt(request.url).join(', '))
  return reply.code(problem.status).type('application/problem+json').header('cache-control', 'no-store').send(problem)
}

function addErrors(app: FastifyInstance, deps: ApiDeps): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, deps))
  app.addHook('onRequest', (request, _reply, done) => {
    const methods = methodsAt(request.url)
    const asked = request.method === 'HEAD' ? 'GET' : request.method
    if (methods.length > 0 && !methods.includes(asked)) {
      const path = request.url.split('?')[0]
      throw new ApiError('method_not_allowed', `${request.method} does not fit ${path}; send ${methods.join(' or ')}`)
    }
    done()
  })
}

/** Builds the server without opening a port. */
export async function buildApi(config: ApiConfig, deps: ApiDeps, ended: AbortSignal): Promise<FastifyInstance> {
  const { tls, login } = config
  const app = fastify({
    ...(tls && { https: tls.keyPair() }),
    bodyLimit: maxQuestionBytes,
    // Tails stay open for days; they end with the server and not before it.
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // Addresses that the router cannot read come here past all hooks.
    frameworkErrors: (error, request, reply) => {
      try {
        checkIn(request, reply, config)
        sendProblem(error, request, reply, deps)
      } catch (refusal) {
        sendProblem(refusal, request, reply, deps)
      }
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, readJson(body as string))
    } catch (error) {
      done(error as Error)
    }
  })
  addGuards(app, config)
  addErrors(app, deps)
  if (login) {
    const rights = rightsOfRoutes()
    const { people, advice, lookAgainMs, sessionKey } = login
    const sessions = createSessions({ isSecure: tls !== undefined, key: sessionKey })
    addDoor(app, { sessions, advice, rights, lookAgainMs }, people)
  }
  await app.register(compress, {
    threshold: compressOverBytes,
    encodings: ['zstd', 'gzip', 'identity'],
    // What comes in is decompressed where it is read, with a cap; see ingest.ts.
    globalDecompression: false,
  })
  registerProbes(app, deps)
  registerRoutes(app, config, deps, ended)
  await registerConsole(app, { dir: config.consoleDir })
  return app
}

export interface Api {
  readonly name: 'api'
  /** Where it listens, once it does. */
  readonly address: () => string | undefined
  run(signal: AbortSignal): Promise<void>
}

/** `onListening` is told the address of the console. */
export function createApi(
  config: ApiConfig,
  deps: ApiDeps,
  onListening: (address: string) => void = () => undefined,
): Api {
  let address: string | undefined
  return {
    name: 'api',
    address: () => address,
    async run(signal) {
      const app = await buildApi(config, deps, signal)
      try {
        address = await listen(app, config.listen, { tls: config.tls !== undefined, login: config.login !== undefined })
        config.tls?.follow(app.server, signal)
        onListening(address)
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      } finally {
        address = undefined
        await app.close()
      }
    },
  }
}

// The agents' door: HTTP/1.1 on a listener of its own, a unix socket or TCP. It checks who sends, takes bodies under a cap,
// and holds hellos open; what frames mean is in ../segment/agent-frames.ts.
import { chmodSync, existsSync, unlinkSync } from 'node:fs'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect } from 'node:net'
import type { Logger, Part } from '@margay/kit'
import { CodedError, FatalError, aborted, defineErrors } from '@margay/kit'
import type { FrameResult, FramesAnswer, Hello, HelloAnswer, LookAnswer } from '@margay/wire'
import {
  FrameError,
  agentHeader,
  framesPath,
  helloPath,
  helloSchema,
  instanceHeader,
  lookPath,
  splitPieces,
} from '@margay/wire'
import { isThisMachine } from '../http/guard.ts'
import { peerOf } from '../auth/peer.ts'
import type { Senders } from '../auth/senders.ts'
import type { Tls } from '../auth/tls.ts'
import type { Agents } from '../intern/agents.ts'
import type { Orders } from './orders.ts'

export interface AgentReceiverConfig {
  /** `unix:/path` or `host:port`; port 0 takes a free one. */
  readonly listen: string
  /** Without it, and beyond a unix socket and loopback, nothing is listened on. */
  readonly tls?: Tls | undefined
  readonly server: string
}

/** Where frames go from the door. */
export interface AgentFrames {
  /** One result a piece, in order; the list ends early at a frame that must come again. */
  take(agent: string, pieces: readonly Uint8Array[]): Promise<readonly FrameResult[]>
}

export interface AgentReceiverDeps {
  readonly frames: AgentFrames
  readonly senders: Senders
  readonly agents: Agents
  readonly orders: Orders
  /** `others` are addresses that it says are its own for the first time, and that other nodes have. */
  readonly onHello: (hello: Hello, others: number) => void
  readonly onListening: (address: string) => void
  readonly log: Logger
  /** Unix milliseconds. */
  readonly clock: () => number
}

const errors = defineErrors({
  name_taken: { status: 409, hint: 'give each agent a name of its own; a restarted one has its name back by itself' },
  other_name: { status: 403, hint: 'an agent speaks for itself alone; run agent and server of one release' },
  a_page: { status: 403, hint: 'this is the door for agents; people ask the API' },
  no_name: { status: 400, hint: 'run agent and server of one release' },
  body_too_large: { status: 413, hint: 'the agent sends less at a time by itself' },
  too_many_bodies: { status: 503, hint: 'the agent keeps its rows and sends them again by itself' },
  body_broken: { status: 400, hint: 'run agent and server of one release' },
  no_such_path: { status: 404, hint: 'this is the door for agents; people ask the API' },
})

/** Statuses by which somebody is turned away; what they sent may be at fault in others. */
const refusals: ReadonlySet<number> = new Set([401, 403, 429])

/** Far over the four megabytes that an agent sends at a time. */
const maxBodyBytes = 80 * 1_048_576
/** A hello of 4,096 addresses has some 300 kB. */
const maxHelloBytes = 1_048_576
/** Bodies of one agent that are read or taken at once. It sends two: what lasts, and deltas; more are repeats of lost answers. */
const maxBodiesOfAgent = 4
/** Four times the frames that an agent sends at a time. */
const maxBodyFrames = 256
const helloHoldMs = 20_000

async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > most) throw errors.body_too_large(`body has more than ${most} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const headerOf = (request: IncomingMessage, name: string): string => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  const type = status === 200 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

interface Sender {
  readonly agent: string
  readonly instance: string
  readonly node: string | undefined
}

/** Headers that a browser adds to what its pages send, and that no page can take away. */
const browserHeaders = ['origin', 'sec-fetch-site', 'sec-fetch-mode'] as const

/**
 * On loopback the machine itself is the guard, and any page in a browser on it can send here, under a name of its own that was
 * made to point here. Agents are no browsers.
 */
function checkNoPage({ headers }: IncomingMessage): void {
  const sent = browserHeaders.find((name) => headers[name] !== undefined)
  if (sent !== undefined)
    throw errors.a_page(`a request with the header "${sent}" comes from a page and not from an agent`)
}

/** Empty for what is no encoded name. */
function decoded(header: string): string {
  try {
    return decodeURIComponent(header)
  } catch {
    return ''
  }
}

export function createAgentReceiver(config: AgentReceiverConfig, deps: AgentReceiverDeps): Part {
  const { orders } = deps
  /** Who sends, and the node that their token names; throws where they may not. */
  const checkSender = async (request: IncomingMessage): Promise<Sender> => {
    checkNoPage(request)
    const agent = decoded(headerOf(request, agentHeader))
    const instance = headerOf(request, instanceHeader)
    if (agent === '' || instance === '')
      throw errors.no_name(`headers ${agentHeader} and ${instanceHeader} are missing`)
    const peer = peerOf(request.socket.remoteAddress)
    const node = await deps.senders.check(headerOf(request, 'authorization'), agent, peer)
    return { agent, instance, node }
  }
  /** Gives the name to whoever sends; throws where another living agent has it. */
  const lease = ({ agent, instance }: Sender): void => {
    const now = Math.floor(deps.clock() / 1000)
    if (!deps.agents.lease(agent, instance, now))
      throw errors.name_taken(`another agent is named "${agent}" and is alive`)
    deps.agents.seen(agent, now)
  }
  const bodies = new Map<string, number>()
  /** Does something with a body that the agent sends, where it does not send too many at once. */
  const withBody = async <T>(agent: string, take: () => Promise<T>): Promise<T> => {
    const others = bodies.get(agent) ?? 0
    if (others >= maxBodiesOfAgent)
      throw errors.too_many_bodies(`agent "${agent}" sends more than ${maxBodiesOfAgent} bodies at once`)
    bodies.set(agent, others + 1)
    try {
      return await take()
    } finally {
      const left = bodies.get(agent)! - 1
      if (left === 0) bodies.delete(agent)
      else bodies.set(agent, left)
    }
  }
  const takeFrames = async (agent: string, request: IncomingMessage): Promise<FramesAnswer> => {
    const body = await readBody(request, maxBodyBytes)
    const results = await deps.frames.take(agent, splitPieces(body, maxBodyFrames))
    return { results: [...results], watched: orders.watched }
  }
  const takeHello = async ({ agent, node }: Sender, body: Buffer, gone: AbortSignal): Promise<HelloAnswer> => {
    const hello = helloSchema.parse(JSON.parse(body.toString()))
    if (hello.agent !== agent) throw errors.other_name(`agent "${agent}" says hello as "${hello.agent}"`)
    if (node !== undefined && hello.host !== node)
      throw errors.other_name(`agent of node "${node}" says hello for host "${hello.host}"`)
    deps.onHello(hello, deps.agents.hello(hello, Math.floor(deps.clock() / 1000)))
    const { watched, handover = orders.handover } = hello
    if (orders.watched === watched && orders.handover === handover) {
      await orders.changed(AbortSignal.any([gone, AbortSignal.timeout(helloHoldMs)]))
    }
    return { server: config.server, watched: orders.watched, handover: orders.handover }
  }
  const respond = async (
    request: IncomingMessage,
    gone: AbortSignal,
  ): Promise<FramesAnswer | HelloAnswer | LookAnswer> => {
    const sender = await checkSender(request)
    if (request.method === 'POST' && request.url === lookPath) return { server: config.server, now: deps.clock() }
    lease(sender)
    if (request.method === 'POST' && request.url === framesPath)
      return withBody(sender.agent, () => takeFrames(sender.agent, request))
    if (request.method === 'POST' && request.url === helloPath)
      return takeHello(sender, await readBody(request, maxHelloBytes), gone)
    throw errors.no_such_path(`${request.method} ${request.url} is not known here`)
  }
  const handle = async (request: IncomingMessage, response: ServerResponse, ended: AbortSignal): Promise<void> => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      answer(response, 200, await respond(request, AbortSignal.any([gone.signal, ended])))
    } catch (error) {
      const coded = codedOf(error)
      if (coded.status === 500 || coded.cause) deps.log.error('agent request failed', { error: error as Error })
      else if (refusals.has(coded.status)) deps.log.warn('an agent was refused', { code: coded.code })
      answer(response, coded.status, {
        code: coded.code,
        title: coded.message,
        detail: coded.message,
        hint: coded.hint,
        status: coded.status,
      })
    }
  }
  return {
    name: 'agent-receiver',
    async run(signal) {
      const { tls } = config
      checkDoor(config.listen, { tls: tls !== undefined, areChecked: deps.senders.areChecked })
      const onRequest: RequestListener = (request, response) => void handle(request, response, signal)
      const server = tls ? createSecureServer(tls.keyPair(), onRequest) : createServer(onRequest)
      tls?.follow(server, signal)
      await listen(server, config.listen)
      deps.onListening(addressOf(server, config.listen, tls ? 'https' : 'http'))
      await aborted(signal)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function codedOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  if (error instanceof FrameError || error instanceof SyntaxError || (error as Error).name === 'ZodError') {
    return errors.body_broken((error as Error).message)
  }
  return new CodedError('failed', { status: 500, hint: "the server's log says more" }, 'request failed')
}

/** The host of `host:port`, an IPv6 address without its brackets. */
const hostOf = (where: string): string => where.slice(0, where.lastIndexOf(':')).replace(/^\[|\]$/g, '')

/** Throws a FatalError where others than this machine could send without TLS or without showing who they are. */
export function checkDoor(
  where: string,
  { tls, areChecked }: { readonly tls: boolean; readonly areChecked: boolean },
): void {
  const host = hostOf(where)
  if (where.startsWith('unix:') || isThisMachine(host) || (tls && areChecked)) return
  const missing = [
    ...(tls ? [] : ['TLS (give --tls-cert and --tls-key)']),
    ...(areChecked ? [] : ['a token (give --ingest-token-file or --ingest-service-account)']),
  ].join(' and ')
  throw new FatalError(`refuse to take agents on ${where} without ${missing}`)
}

/** A unix socket's file outlives a killed server; one that nobody answers on is removed. */
async function clearSocket(path: string): Promise<void> {
  if (!existsSync(path)) return
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.on('connect', () => resolve(true)).on('error', () => resolve(false))
    probe.on('connect', () => probe.destroy())
  })
  if (isAlive) throw new FatalError(`listen on ${path}: another process listens there; stop it first`)
  unlinkSync(path)
}

async function listen(server: Server, where: string): Promise<void> {
  const path = where.startsWith('unix:') ? where.slice('unix:'.length) : undefined
  if (path !== undefined) await clearSocket(path)
  const colon = where.lastIndexOf(':')
  const target = path === undefined ? { host: hostOf(where), port: Number(where.slice(colon + 1)) } : { path }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new FatalError(`listen on ${where}: the port is in use; give agents another with --ingest-listen`, {
              cause: error,
            })
          : error,
      ),
    )
    server.listen(target, resolve)
  })
  // Only the user of the server and root, who runs the agent.
  if (path !== undefined) chmodSync(path, 0o600)
}

function addressOf(server: Server, where: string, scheme: 'http' | 'https'): string {
  const address = server.address()
  return typeof address === 'object' && address
    ? `${scheme}://${where.slice(0, where.lastIndexOf(':'))}:${address.port}`
    : where
}

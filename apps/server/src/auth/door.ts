// The door for people: every request is let in by its token before anything of it is read. A route is closed unless it is
// marked open here; open are the probes, the sign-in page and nothing else.
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { checkSite } from '../http/guard.ts'
import { isPage } from '../http/page.ts'
import { ApiError } from '../http/problem.ts'
import type { Right } from './caller.ts'
import { peerOf } from './peer.ts'
import type { People } from './people.ts'
import type { Sessions } from './session.ts'
import { signInPage, signInPolicy } from './sign-in-page.ts'

export interface DoorConfig {
  readonly sessions: Sessions
  /** How a person comes by a token, HTML. */
  readonly advice: string
  /** Rights other than `read`, by the route's address as it is registered. */
  readonly rights: ReadonlyMap<string, Right>
  /** How often it is looked whether somebody may still listen to an answer that lasts. */
  readonly lookAgainMs?: number | undefined
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers everybody. */
    readonly isOpen?: boolean
    /** Its answer goes on for as long as somebody listens. */
    readonly lasts?: boolean
  }
}

export const open = { config: { isOpen: true } } as const

/** A path of ours, so that a link cannot send a person elsewhere after the sign-in. */
function ownPath(to: unknown): string {
  if (typeof to !== 'string' || !/^\/(?![/\\])[^\s\\]*$/.test(to)) return '/'
  // A header holds no other letters. What is encoded already stays as it is, and nothing else moves.
  return to.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}

const usualLookAgainMs = 30_000

/** Ends an answer that lasts once whoever listens may not any more. Where that cannot be found out, it goes on. */
function watchOver(response: ServerResponse, admit: () => Promise<unknown>, everyMs: number): void {
  if (response.destroyed) return
  const look = () =>
    void admit().catch((error: unknown) => {
      const isRefused = error instanceof ApiError && (error.code === 'unauthenticated' || error.code === 'forbidden')
      if (isRefused) response.destroy()
    })
  const looking = setInterval(look, everyMs)
  response.once('close', () => clearInterval(looking))
}

/** Refuses whoever may not ask. Pages lead to the sign-in page instead, which says why. */
export function addDoor(app: FastifyInstance, config: DoorConfig, people: People): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.isOpen) return
    const right = config.rights.get(request.routeOptions.url ?? '') ?? 'read'
    const admit = () => people.admit(config.sessions.tokenOf(request.headers), right, peerOf(request.ip))
    try {
      await admit()
      if (request.routeOptions.config.lasts) watchOver(reply.raw, admit, config.lookAgainMs ?? usualLookAgainMs)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (isPage(request)) return reply.redirect(`/sign-in?to=${encodeURIComponent(ownPath(request.url))}`, 303)
      if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', String(error.retryAfterSeconds))
      if (error.code === 'unauthenticated') void reply.header('www-authenticate', 'Bearer realm="margay"')
      throw error
    }
  })
  registerSignIn(app, config, people)
}

const sendPage = (reply: FastifyReply, html: string) =>
  reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', signInPolicy)
    // Without it a browser does not say from where its forms are sent, and they would be refused.
    .header('referrer-policy', 'same-origin')
    .send(html)

/** Who has this token, or why they are not let in. */
async function lookAt(
  token: string,
  request: FastifyRequest,
  people: People,
): Promise<{ readonly user?: string; readonly problem?: string }> {
  try {
    const { name } = await people.admit(token, 'read', peerOf(request.ip))
    return { user: name }
  } catch (error) {
    if (error instanceof ApiError) return { problem: error.message }
    throw error
  }
}

function registerSignIn(app: FastifyInstance, { sessions, advice }: DoorConfig, people: People): void {
  void app.register((inner, _options, done) => {
    inner.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, next) =>
      next(null, new URLSearchParams(body as string)),
    )
    inner.get<{ Querystring: { to?: string } }>('/sign-in', open, async (request, reply) => {
      const token = sessions.tokenOf(request.headers)
      const seen = token === undefined ? {} : await lookAt(token, request, people)
      return sendPage(reply, signInPage({ to: ownPath(request.query.to), advice, ...seen }))
    })
    inner.post<{ Body: unknown }>('/sign-in', open, async (request, reply) => {
      checkSite(request.headers)
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
      const token = (form.get('token') ?? '').replace(/\s+/g, '')
      const to = ownPath(form.get('to'))
      const cookie = sessions.cookieOf(token)
      const { user, problem } =
        cookie === undefined
          ? { user: undefined, problem: `the token has ${token.length} characters, which is more than a browser keeps` }
          : await lookAt(token, request, people)
      if (user === undefined) return sendPage(reply.code(401), signInPage({ to, advice, problem }))
      return reply.header('set-cookie', cookie).redirect(to, 303)
    })
    inner.post('/sign-out', open, async (request, reply) => {
      checkSite(request.headers)
      return reply.header('set-cookie', sessions.endedCookie).redirect('/sign-in', 303)
    })
    done()
  })
}

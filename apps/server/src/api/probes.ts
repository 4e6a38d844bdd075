// What a kubelet or a load balancer asks: does the process answer, and can it take work. Open to everybody and without a
// word on anything else.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { open } from '../auth/door.ts'

const say = (reply: FastifyReply, status: number, word: string) =>
  reply.code(status).type('text/plain; charset=utf-8').header('cache-control', 'no-store').send(`${word}\n`)

export interface ProbeDeps {
  /** Agents and people are taken. */
  readonly isReady: () => boolean
  /** A part has hung for so long that only a new start helps. */
  readonly isStuck: () => boolean
}

export function registerProbes(app: FastifyInstance, { isReady, isStuck }: ProbeDeps): void {
  app.get('/livez', open, (_request, reply) => (isStuck() ? say(reply, 503, 'stuck') : say(reply, 200, 'ok')))
  app.get('/readyz', open, (_request, reply) => (isReady() ? say(reply, 200, 'ok') : say(reply, 503, 'starting')))
}

// The console's files, as the build left them. Names of built assets hold their hash, so they may be kept for ever; the
// page itself is asked for every time, so that a new version is seen.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { apiPrefix } from '@margay/wire'
import { isPage } from '../http/page.ts'
import { ApiError } from '../http/problem.ts'

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Margay</title>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em">
<h1>The console is not built yet</h1>
<p>The server runs and the API answers at <a href="${apiPrefix}/health">${apiPrefix}/health</a>,
but its pages are missing.</p>
<p>Start it with <code>npm start</code>, which builds the console, or run <code>npm run -s build -w @margay/web</code>
and reload this page.</p>
`

/** Mantine sets styles on elements, and workers are made from blobs; everything else comes from here. */
const contentPolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const year = 31_536_000

export interface ConsoleConfig {
  /** Directory of the built console. */
  readonly dir: string
}

function sendPage(reply: FastifyReply, dir: string): FastifyReply {
  if (existsSync(join(dir, 'index.html'))) return reply.sendFile('index.html', { cacheControl: false })
  void reply.header('cache-control', 'no-cache').header('content-security-policy', contentPolicy)
  return reply.type('text/html; charset=utf-8').send(notBuilt)
}

export async function registerConsole(app: FastifyInstance, { dir }: ConsoleConfig): Promise<void> {
  await app.register(fastifyStatic, {
    root: dir,
    index: false,
    wildcard: true,
    // A missing directory is no error: the console may be built while the server runs.
    suppressWarning: true,
    setHeaders: (reply, path) => {
      const isAsset = path.includes('/assets/')
      // On every file: a picture that is opened by itself is a page as well, and so is /index.html.
      void reply.header('content-security-policy', contentPolicy)
      void reply.header('cache-control', isAsset ? `public, max-age=${year}, immutable` : 'no-cache')
    },
  })
  app.get('/', (_request, reply) => sendPage(reply, dir))
  app.setNotFoundHandler((request, reply) => {
    if (isPage(request)) return sendPage(reply, dir)
    throw new ApiError('not_found', `nothing is at ${request.method} ${request.url.split('?')[0] ?? ''}`)
  })
}

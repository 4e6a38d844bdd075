// The API as the commands call it: typed by the wire's table, exact integers, every failure as words.
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { isLoopbackHost } from '@margay/kit'
import { parseJsonExact, printJsonExact } from '@margay/model'
import type { AnswerOf, BodyOf, Problem, RouteName, SearchOf } from '@margay/wire'
import { apiPrefix, problemSchema, routes } from '@margay/wire'
import type { Credentials } from './credentials.ts'
import { CliError, problemText } from './fail.ts'

export const defaultServer = 'http://127.0.0.1:8585'

export interface Client {
  readonly server: string
  post<K extends RouteName>(route: K, body: BodyOf<K>): Promise<AnswerOf<K>>
  /** `params` stand in the path for `{name}`. */
  get<K extends RouteName>(route: K, search?: SearchOf<K>, params?: Params): Promise<AnswerOf<K>>
  /** The response itself, for streams. `query` is drawn where the server names a place in it. */
  open(path: string, init?: RequestInit & { readonly query?: string }): Promise<Response>
}

type Search = Readonly<Record<string, string | number | boolean | undefined>>
type Params = Readonly<Record<string, string>>

/** The address of a route with its parameters. */
export function pathOf(route: RouteName, search: Search = {}, params: Params = {}): string {
  const path = routes[route].path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`BUG: the path of ${route} has no ${name}`)
    return encodeURIComponent(value)
  })
  const given = Object.entries(search).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()
  return path + (text === '' ? '' : `?${text}`)
}

interface Mishap {
  readonly words: RegExp
  /** What it is and what to do, of an address and the library's words. */
  readonly says: (server: string, why: string) => string
}

/** What can be said of a connection that came about and still was none, by the words of node:tls and of fetch. */
const mishaps: readonly Mishap[] = [
  {
    words: /self[- ]signed|unable to (?:verify|get) /,
    says: (server, why) =>
      `the certificate of ${server} is not trusted: ${why}\ngive its authority with --ca FILE (MARGAY_CA)`,
  },
  {
    words: /does not match certificate|certificate has expired|certificate is not yet valid/,
    says: (server, why) =>
      `the certificate of ${server} does not fit: ${why}\n` +
      'name the server as its certificate does, and look at the clocks of both machines',
  },
  {
    words: /wrong version number|packet length too long/,
    says: (server) => `${server} does not speak TLS\nwrite its address with http://, which is for this machine alone`,
  },
  {
    words: /other side closed|ECONNRESET|socket hang up/,
    says: (server) =>
      `${server} ended the connection without an answer\n` +
      (server.startsWith('http:')
        ? 'a server that speaks TLS does so: write its address with https://'
        : "the server's log may say why"),
  },
]

function notThere(server: string, cause: unknown): CliError {
  const inner = (cause as Error).cause
  const why = inner instanceof Error ? inner.message : ''
  const mishap = mishaps.find(({ words }) => words.test(why))
  if (mishap) return new CliError(mishap.says(server, why), 3, { cause })
  return new CliError(
    `no Margay server answers at ${server}\n` +
      'start one with "npm start" (or "npm start -- --demo" for invented data), or name another with --server URL',
    3,
    { cause },
  )
}

/** Throws a CliError where everybody on the way could read the token. */
function checkNotOverheard({ protocol, hostname, host }: URL): void {
  if (protocol === 'https:' || isLoopbackHost(hostname)) return
  throw new CliError(
    `refuse to send a token to ${host} without TLS: everybody on the way could read it\n` +
      'name the server by https:// with --server (MARGAY_SERVER)',
    2,
  )
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  const read = problemSchema.safeParse(await response.json().catch(() => undefined))
  return read.success ? read.data : undefined
}

/** The server behind a redirection, as `--server` takes it; the whole address where it is that of something else. */
function leadsTo(response: Response, location: string): string {
  const asked = new URL(response.url)
  const href = URL.parse(location, asked.href)?.href ?? location
  const path = asked.href.slice(asked.href.indexOf(apiPrefix))
  return href.endsWith(path) ? href.slice(0, -path.length) : href
}

async function refuse(response: Response, server: string, query?: string): Promise<never> {
  const location = response.headers.get('location')
  if (response.status >= 300 && response.status < 400 && location !== null) {
    const where = leadsTo(response, location)
    throw new CliError(`${server} leads to ${where}\nif that is the server, give that address with --server`, 3)
  }
  const problem = await problemOf(response)
  if (problem) throw new CliError(problemText(problem, query), problem.status < 500 ? 2 : 1)
  throw new CliError(`${server} answered ${response.status} and is perhaps no Margay server`, 3)
}

const queryOf = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'query' in body && typeof body.query === 'string'
    ? body.query
    : undefined

export function createClient(server: string, { token, ca }: Credentials = {}): Client {
  if (!URL.canParse(server)) throw new CliError(`cannot read the address "${server}"; write it as ${defaultServer}`, 2)
  if (token !== undefined) checkNotOverheard(new URL(server))
  const base = server.replace(/\/+$/, '')

  // Node's fetch takes no authority of its own.
  if (ca !== undefined) setDefaultCACertificates([...getCACertificates('default'), ca])

  const open: Client['open'] = async (path, { query, ...init } = {}) => {
    const headers = new Headers(init.headers)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    // A server of ours leads nowhere else, and no other is shown the token.
    const response = await fetch(base + apiPrefix + path, { ...init, headers, redirect: 'manual' }).catch(
      (error: unknown) => {
        if (init.signal?.aborted) throw error
        throw notThere(base, error)
      },
    )
    return response.ok ? response : refuse(response, base, query)
  }
  const read = async (response: Response) => parseJsonExact(await response.text())
  return {
    server: base,
    open,
    async post(route, body) {
      const headers = { 'content-type': 'application/json' }
      const query = queryOf(body)
      const init = { method: 'POST', headers, body: printJsonExact(body), ...(query !== undefined && { query }) }
      return (await read(await open(routes[route].path, init))) as never
    },
    async get(route, search, params) {
      return (await read(await open(pathOf(route, search as Search | undefined, params)))) as never
    },
  }
}

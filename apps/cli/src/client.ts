// The API as the commands call it: typed by the wire's table, exact integers, every failure as words.
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
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

/** Words of TLS for a certificate that nobody we know has signed. */
const untrusted = /self[- ]signed|unable to (?:verify|get) /

function notThere(server: string, cause: unknown): CliError {
  const inner = (cause as Error).cause
  if (inner instanceof Error && untrusted.test(inner.message)) {
    const advice = 'give its authority with --ca FILE (MARGAY_CA)'
    return new CliError(`the certificate of ${server} is not trusted: ${inner.message}\n${advice}`, 3, { cause })
  }
  return new CliError(
    `no Margay server answers at ${server}\n` +
      'start one with "npm start" (or "npm start -- --demo" for invented data), or name another with --server URL',
    3,
    { cause },
  )
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  const read = problemSchema.safeParse(await response.json().catch(() => undefined))
  return read.success ? read.data : undefined
}

async function refuse(response: Response, server: string, query?: string): Promise<never> {
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
  const base = server.replace(/\/+$/, '')

  // Node's fetch takes no authority of its own.
  if (ca !== undefined) setDefaultCACertificates([...getCACertificates('default'), ca])

  const open: Client['open'] = async (path, { query, ...init } = {}) => {
    const headers = new Headers(init.headers)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    const response = await fetch(base + apiPrefix + path, { ...init, headers }).catch((error: unknown) => {
      if (init.signal?.aborted) throw error
      throw notThere(base, error)
    })
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

// One request and its answer, by the wire's table of routes: paths, bodies and answers are typed and checked by the same
// schemas as on the server. Integers over 2^53 arrive as bigint, digit for digit; whatever fails is a ProblemError.
import { parseJsonExact, printJsonExact } from '@margay/model'
import { apiPrefix, routes, type AnswerOf, type BodyOf, type Route, type RouteName, type SearchOf } from '@margay/wire'
import { misunderstood, problemOf, unreachable } from './problem.ts'

/** What a route takes, by name of the route. */
export interface Asked<K extends RouteName> {
  readonly body?: BodyOf<K>
  readonly search?: SearchOf<K>
  readonly signal?: AbortSignal | undefined
}

/** The address of a route with its search parameters, for requests, links and event streams. */
export function addressOf<K extends RouteName>(name: K, search?: SearchOf<K>): string {
  const given = Object.entries((search ?? {}) as Record<string, unknown>).filter(([, value]) => value !== undefined)
  const params = new URLSearchParams(given.map(([key, value]) => [key, String(value)]))
  return apiPrefix + routes[name].path + (params.size > 0 ? `?${params}` : '')
}

function requestOf<K extends RouteName>(name: K, { body, signal }: Asked<K>): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json' }
  const init: RequestInit = { method: routes[name].method, headers, signal: signal ?? null }
  if (body === undefined) return init
  return { ...init, headers: { ...headers, 'content-type': 'application/json' }, body: printJsonExact(body) }
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(address, init)
    if (response.status === 401) signInAgain()
    return response
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw unreachable(cause)
  }
}

/** A token that is no longer good: the server's sign-in page takes another one and leads back to this view. */
function signInAgain(): void {
  location.assign(`/sign-in?${new URLSearchParams({ to: location.pathname + location.search })}`)
}

/** Calls a route that answers with JSON. */
export async function call<K extends RouteName>(name: K, asked: Asked<K>): Promise<AnswerOf<K>> {
  const response = await send(addressOf(name, asked.search), requestOf(name, asked))
  if (!response.ok) throw await problemOf(response)
  const text = await response.text()
  const { answer }: Route = routes[name]
  if (!answer) throw new Error(`BUG: ${name} does not answer with JSON`)
  try {
    return answer.parse(parseJsonExact(text)) as AnswerOf<K>
  } catch (cause) {
    throw misunderstood(addressOf(name), cause)
  }
}

// One request and its answer. Integers over 2^53 arrive as bigint, digit for digit; whatever fails is a ProblemError.
import { parseJsonExact, printJsonExact } from '@margay/model'
import { misunderstood, problemOf, unreachable } from './problem.ts'

const base = '/api/v1'

/** The part of a zod schema that is used here. */
export interface Decoder<T> {
  parse(value: unknown): T
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(base + path, init)
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw unreachable(cause)
  }
  if (!response.ok) throw await problemOf(response)
  return response
}

async function decode<T>(path: string, response: Response, decoder: Decoder<T>): Promise<T> {
  const text = await response.text()
  try {
    return decoder.parse(parseJsonExact(text))
  } catch (cause) {
    throw misunderstood(base + path, cause)
  }
}

const acceptJson = { accept: 'application/json' }

export async function getJson<T>(path: string, decoder: Decoder<T>, signal?: AbortSignal): Promise<T> {
  return decode(path, await send(path, { headers: acceptJson, signal: signal ?? null }), decoder)
}

export async function postJson<T>(path: string, body: unknown, decoder: Decoder<T>, signal?: AbortSignal): Promise<T> {
  return decode(path, await post(path, body, 'application/json', signal), decoder)
}

/** Posts JSON and gives the response as it is, for answers that are read as they come. */
export function post(path: string, body: unknown, accept: string, signal?: AbortSignal): Promise<Response> {
  const headers = { accept, 'content-type': 'application/json' }
  return send(path, { method: 'POST', headers, body: printJsonExact(body), signal: signal ?? null })
}

/** The address of a resource, for links and event streams. */
export const addressOf = (path: string): string => base + path

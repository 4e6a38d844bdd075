// Where the server listens. Beyond loopback nothing is served without TLS and login: without them it refuses and says what
// is missing, and how to reach it instead.
import { FatalError } from '@margay/kit'
import type { FastifyInstance } from 'fastify'
import { isThisMachine } from '../http/guard.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Reads `host:port`, `[::1]:port` or a port alone. Throws an Error that says what is expected. */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) {
    throw new FatalError(`cannot listen on "${text}"; write it as 127.0.0.1:8585, [::1]:8585 or 8585`)
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port }
}

/** What protects a listener from those who can reach it. */
export interface Protection {
  readonly tls: boolean
  readonly login: boolean
}

/** Throws a FatalError where others than this machine could ask without showing who they are, or be read on the way. */
export function checkListen({ host, port }: ListenAddress, { tls, login }: Protection): void {
  if (isThisMachine(host) || (tls && login)) return
  const missing = [
    ...(tls ? [] : ['TLS (give --tls-cert and --tls-key)']),
    ...(login ? [] : ['login (give --auth-tokens or --auth-kubernetes)']),
  ].join(' and ')
  throw new FatalError(
    `refuse to listen on ${host}:${port} without ${missing}; ` +
      `or listen on 127.0.0.1:${port} and reach it by "ssh -L ${port}:127.0.0.1:${port} HOST" or "kubectl port-forward"`,
  )
}

/** Opens the port and gives the address for a browser. */
export async function listen(app: FastifyInstance, address: ListenAddress, protection: Protection): Promise<string> {
  checkListen(address, protection)
  try {
    return await app.listen({ host: address.host, port: address.port })
  } catch (error) {
    throw listenError(address, error)
  }
}

function listenError({ host, port }: ListenAddress, error: unknown): Error {
  const { code } = error as { readonly code?: string }
  if (code === 'EADDRINUSE') {
    return new FatalError(
      `port ${port} of ${host} is in use; stop what listens there ("ss -ltnp sport = :${port}" names it) ` +
        `or choose another with --listen ${host}:${port + 1}`,
      { cause: error },
    )
  }
  if (code === 'EACCES') {
    return new FatalError(`may not listen on port ${port}; choose one over 1023 with --listen ${host}:8585`, {
      cause: error,
    })
  }
  return error instanceof Error ? error : new Error(String(error))
}

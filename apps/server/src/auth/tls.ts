// The server's certificate: two PEM files, read at the start and again when they change, so that a renewed certificate is
// in force without a restart. A pair that does not fit is told and the one before it stays.
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Server as PlainServer } from 'node:http'
import type { Server } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { createSecureContext } from 'node:tls'
import type { Logger } from '@margay/kit'
import { FatalError } from '@margay/kit'

export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** PEM texts, as node:tls takes them. */
export type KeyPair = Pick<SecureContextOptions, 'cert' | 'key'>

function read({ cert, key }: TlsFiles): KeyPair {
  const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  // Throws where they do not belong to each other.
  createSecureContext(pair)
  return pair
}

/** The files of the configuration, undefined where there is no TLS. Throws a FatalError where one is missing. */
export function tlsFiles({
  cert,
  key,
}: {
  readonly cert?: string | undefined
  readonly key?: string | undefined
}): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) {
    throw new FatalError(`TLS needs both files; give ${cert === undefined ? '--tls-cert' : '--tls-key'} too`)
  }
  return { cert, key }
}

export interface Tls {
  /** What the files hold now. Throws a FatalError that names them. */
  keyPair(): KeyPair
  /** Gives the server each new pair until `signal` aborts. */
  follow(server: PlainServer, signal: AbortSignal): void
}

/** A renewed certificate has weeks; this is soon enough to watch it happen. */
const lookEveryMs = 5_000

/** Opens nothing. */
export function createTls(files: TlsFiles, log: Logger): Tls {
  const renew = (server: PlainServer) => {
    try {
      ;(server as unknown as Server).setSecureContext(read(files))
      log.info('the renewed certificate is in force', { cert: files.cert })
    } catch (error) {
      log.error('a changed certificate is not usable; the one before it stays', { error: error as Error })
    }
  }
  return {
    keyPair() {
      try {
        return read(files)
      } catch (error) {
        const why = (error as Error).message
        throw new FatalError(`use ${files.cert} and ${files.key} for TLS: ${why}`, { cause: error })
      }
    },
    follow(server, signal) {
      const onChange = () => renew(server)
      const paths = [files.cert, files.key]
      for (const path of paths) watchFile(path, { persistent: false, interval: lookEveryMs }, onChange)
      signal.addEventListener('abort', () => paths.forEach((path) => unwatchFile(path, onChange)), { once: true })
    },
  }
}

// Where a browser keeps the token that a person pasted: sealed in a cookie that no script can read, that goes to this server
// alone, and that ends with the browser. Browsers send cookies of localhost to every port of it, so what is in it must be
// of no use to anybody else. Programs send `Authorization: Bearer` and have no cookie.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { FatalError, replaceFile } from '@margay/kit'
import { bearerOf } from './shown-token.ts'

/** Browsers keep four kilobytes a cookie, name and attributes included. */
const maxSealed = 3_900
const keyBytes = 32
const ivBytes = 12
const tagBytes = 16

export interface Sessions {
  /** The token that came with a request, by header or by cookie. */
  tokenOf(headers: IncomingHttpHeaders): string | undefined
  /** The cookie that keeps a token; undefined where the token is more than a browser keeps. */
  cookieOf(token: string): string | undefined
  readonly endedCookie: string
}

export interface SessionsConfig {
  /** Whether the server speaks TLS, so that the cookie can insist on it. */
  readonly isSecure: boolean
  /** What seals the cookies, 32 bytes; by default one that ends with the process, and all sessions with it. */
  readonly key?: Buffer | undefined
}

/** Makes the key as a whole: a start that was cut short leaves none, and the next one makes it. The server holds the directory's lock. */
function makeKey(path: string): void {
  try {
    replaceFile(path, [randomBytes(keyBytes)])
  } catch (error) {
    throw new FatalError(`make ${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** The key in the data directory, made at the first start, so that a restart signs nobody out. Throws a FatalError. */
export function readSessionKey(dataDir: string): Buffer {
  const path = join(dataDir, 'session.key')
  if (!existsSync(path)) makeKey(path)
  const key = readFileSync(path)
  if (key.length === keyBytes) return key
  throw new FatalError(
    `read ${path}: it has ${key.length} bytes and not ${keyBytes}; remove it, and people sign in again`,
  )
}

/** Tokens are text of 64 letters, which packing brings back to about their size in bytes. */
function seal(key: Buffer, token: string): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const text = Buffer.concat([cipher.update(deflateRawSync(token)), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
}

/** Undefined for what was not sealed with this key. */
function unseal(key: Buffer, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
    const text = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
    return inflateRawSync(text).toString()
  } catch {
    return undefined
  }
}

const valueOf = (header: string | undefined, name: string): string | undefined =>
  header
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1)

export function createSessions({ isSecure, key = randomBytes(keyBytes) }: SessionsConfig): Sessions {
  // With `__Host-` a browser takes the cookie over TLS alone, and no neighbour under the same domain can set it.
  const name = isSecure ? '__Host-margay-session' : 'margay-session'
  // `Lax`, so that a link from a chat opens the console; what changes something is checked for its origin besides.
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  return {
    tokenOf({ authorization, cookie }) {
      if (authorization !== undefined) return bearerOf(authorization)
      const sealed = valueOf(cookie, name)
      return sealed === undefined ? undefined : unseal(key, sealed)
    },
    cookieOf(token) {
      const sealed = seal(key, token)
      return sealed.length > maxSealed ? undefined : `${name}=${sealed}; ${attributes}`
    },
    endedCookie: `${name}=; ${attributes}; Max-Age=0`,
  }
}

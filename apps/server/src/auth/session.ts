// Where a browser keeps the token that a person pasted: a cookie that no script can read, that goes to this server alone,
// and that ends with the browser. Programs send `Authorization: Bearer` and have no cookie.
import type { IncomingHttpHeaders } from 'node:http'

/** Browsers keep four kilobytes a cookie, name and attributes included. */
export const maxCookieToken = 3_800

/** With `__Host-` a browser takes the cookie over TLS alone, and no neighbour under the same domain can set it. */
const cookieName = (isSecure: boolean) => (isSecure ? '__Host-margay-session' : 'margay-session')

function cookieOf(header: string | undefined, name: string): string | undefined {
  const pair = header
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
  try {
    return pair && decodeURIComponent(pair.slice(name.length + 1))
  } catch {
    return undefined
  }
}

/** The token that came with a request, by header or by cookie. */
export function tokenOf(headers: IncomingHttpHeaders, isSecure: boolean): string | undefined {
  if (headers.authorization !== undefined) return /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1]
  return cookieOf(headers.cookie, cookieName(isSecure))
}

/** `Lax`, so that a link from a chat opens the console; what changes something is checked for its origin besides. */
const attributes = (isSecure: boolean) => `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`

export const sessionCookie = (token: string, isSecure: boolean): string =>
  `${cookieName(isSecure)}=${encodeURIComponent(token)}; ${attributes(isSecure)}`

export const endedCookie = (isSecure: boolean): string => `${cookieName(isSecure)}=; ${attributes(isSecure)}; Max-Age=0`

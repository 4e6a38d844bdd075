// From where may be asked. There is no login on loopback, so whatever a browser can be talked into must be refused here: a
// foreign name that was made to point at 127.0.0.1, and pages of other sites that send requests. Who asks is found out by
// ../auth/door.ts.
import { isIP } from 'node:net'
import { isLoopback } from '@margay/model'
import { ApiError } from './problem.ts'

export interface GuardConfig {
  /** Names beside localhost under which the server may be asked, in lower case. */
  readonly allowedHosts: readonly string[]
  /** Whether an address will do: it cannot be made to point elsewhere, but on loopback nobody needs it. */
  readonly allowsAddresses?: boolean
  /** Whether the server speaks TLS itself: then a page that came without is none of its own. */
  readonly isSecure?: boolean
}

interface Headers {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | string[] | undefined
  readonly 'sec-fetch-mode'?: string | string[] | undefined
}

/** The name in a Host header, without port and brackets; undefined where it is none. */
export function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s]+))(?::\d{1,5})?$/.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

/** Whether a text is a name or an address alone, as a Host header may name us: no port, no scheme, no wildcard. */
export const isHostName = (text: string): boolean =>
  isIP(text) !== 0 || /^[a-z0-9_]([-a-z0-9_.]*[a-z0-9_])?$/i.test(text)

/** Whether a name or address can only mean this machine. */
export const isThisMachine = (name: string): boolean => name === 'localhost' || (isIP(name) !== 0 && isLoopback(name))

/** Throws `forbidden_host` or `forbidden_origin`. */
export function checkCaller(headers: Headers, config: GuardConfig): void {
  const { allowedHosts, allowsAddresses = false, isSecure = false } = config
  const name = headers.host === undefined ? undefined : hostName(headers.host)
  const isAllowed = (host: string) =>
    isThisMachine(host) || allowedHosts.includes(host) || (allowsAddresses && isIP(host) !== 0)
  if (name === undefined || !isAllowed(name)) {
    throw new ApiError('forbidden_host', `refuse host "${headers.host ?? ''}"`)
  }
  if (headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host!, isSecure)) {
    throw new ApiError('forbidden_origin', `refuse origin "${headers.origin}"`)
  }
}

/** Without TLS of our own there may be a proxy that has it. */
function isOwnOrigin(origin: string, host: string, isSecure: boolean): boolean {
  const lower = host.toLowerCase()
  return origin === `https://${lower}` || (!isSecure && origin === `http://${lower}`)
}

/** Whether a browser goes to a page, as by a link from a chat, and does not only fetch something for another page. */
export const isNavigation = (headers: Headers): boolean => headers['sec-fetch-mode'] === 'navigate'

/** Throws where a request was sent by a page of another site without CORS, which carries no Origin. */
export function checkSite(headers: Headers): void {
  const site = headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site') {
    throw new ApiError('forbidden_origin', `refuse a request that a browser marks as ${site}`)
  }
}

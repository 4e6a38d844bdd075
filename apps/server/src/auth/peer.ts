// What stands for one sender where senders are counted.
import { isIpv4At, parseIp, printIp } from '@margay/model'

/** Whoever has one IPv6 address usually has the 64 bits behind it as well. */
const networkBytes = 8

/** An IPv4 address, or the /64 of an IPv6 one; `local` for a unix socket. */
export function peerOf(address: string | undefined): string {
  const bytes = address === undefined ? undefined : parseIp(address.replace(/%.*$/, ''))
  if (!bytes) return 'local'
  if (isIpv4At(bytes)) return printIp(bytes)
  return printIp(Uint8Array.from(bytes, (byte, at) => (at < networkBytes ? byte : 0)))
}

// What `--from` and `--to` mean: a pod by its name or an address, and the port behind a colon.
import type { FlowEnd, Snapshot } from '@margay/policy'
import { parseAddress, podKey, printAddress, protocolName } from '@margay/policy'
import { CliError } from '../../fail.ts'
import { safeText } from '../../output/safe-text.ts'

export interface NamedEnd {
  readonly end: FlowEnd
  /** As it was written: a number, or the name of a container's port. */
  readonly port?: string
}

const pattern = /^(?:\[(?<bracketed>[^\]]*)\]|(?<pod>[^/:\s]+\/[^/:\s]+)|(?<v4>[^/:\s]+))(?::(?<port>[^:\s]+))?$/

/** Reads `ns/pod`, `ns/pod:80`, `10.0.0.1:dns`, `[fd00::1]:443` or `fd00::1`. Throws with what was wanted. */
export function readEnd(flag: string, text: string): NamedEnd {
  const plain = parseAddress(text)
  if (plain) return { end: { address: plain } }
  const { bracketed, pod, v4, port } = pattern.exec(text)?.groups ?? {}
  const address = parseAddress(bracketed ?? v4 ?? '')
  const end = pod === undefined ? address && { address } : { pod }
  if (end) return port === undefined ? { end } : { end, port }
  const shape = flag === '--to' ? 'namespace/pod:port or address:port' : 'namespace/pod or an address'
  throw new CliError(`cannot read ${flag} "${safeText(text)}"; ${shape} is expected`, 2)
}

/** The end by the name or address that was given. */
export const endWords = (end: FlowEnd) =>
  end.pod ?? end.hostEndpoint ?? (end.address ? printAddress(end.address) : 'unknown')

function podOf(end: FlowEnd, { pods }: Snapshot) {
  if (end.pod !== undefined) return pods.find((pod) => podKey(pod) === end.pod)
  const address = end.address && printAddress(end.address)
  return pods.find((pod) => !pod.hostNetwork && pod.addresses.some((own) => printAddress(own) === address))
}

/** The number of a port that is given by number or by the name that its pod has for it. */
export function portNumber(port: string, end: FlowEnd, protocol: number, snapshot: Snapshot): number {
  if (/^\d+$/.test(port)) {
    const number = Number(port)
    if (number >= 1 && number <= 65_535) return number
    throw new CliError(`cannot read port ${port}; a number from 1 to 65535 or a name is expected`, 2)
  }
  const pod = podOf(end, snapshot)
  if (!pod)
    throw new CliError(`cannot tell port "${port}": no pod ${endWords(end)} is in the files; give its number`, 2)
  const own = (pod.ports ?? []).filter((each) => each.protocol === protocol)
  const found = own.find(({ name }) => name === port)
  if (found) return found.port
  const has = own.map((each) => `${each.name} (${each.port})`).join(', ')
  const choice = has === '' ? 'it names none; give the number' : `it has ${has}`
  throw new CliError(`no ${protocolName(protocol)} port "${port}" at ${podKey(pod)}; ${choice}`, 2)
}

/** A pod that was asked about and is in no file. */
export const strangerOf = (end: FlowEnd, { pods }: Snapshot): string | undefined =>
  end.pod !== undefined && !pods.some((pod) => podKey(pod) === end.pod) ? end.pod : undefined

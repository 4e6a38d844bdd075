// What each pod of the shop says to whom, from the story's table of conversations: the same parties, ports and sizes, as calls
// that the program `shop` makes.
import { conversations, serviceNameOf, siteOf, workloadOf, type Conversation, type Workload } from '@margay/traffic'
import { programFolder } from './workloads.ts'

/** As `programs/shop` reads it. */
export interface Call {
  readonly kind: 'http' | 'tcp' | 'udp'
  readonly to: string
  readonly everyMs: number
  readonly send: number
  readonly receive: number
  readonly keep: boolean
  readonly program?: readonly string[]
}

export interface Listener {
  readonly kind: 'http' | 'tcp' | 'udp'
  readonly port: number
}

/** Ports whose programs speak something of their own; all others answer HTTP. */
const streamPorts = new Set([6379, 5432])

const kindOf = (port: number, proto: 'tcp' | 'udp') =>
  proto === 'udp' ? 'udp' : streamPorts.has(port) ? 'tcp' : 'http'

export const listenersOf = ({ ports }: Workload): readonly Listener[] =>
  ports.map(({ port, proto }) => ({ kind: kindOf(port, proto), port }))

/** One machine plays eight: nobody calls more often than this, and no answer is larger. */
const shortestMs = 500
const longestMs = 60_000
const mostBytes = 200_000

/** Path and arguments of a program as the pod starts it: the story's, from the image's folder of programs. */
export function commandOf({ name, args }: { readonly name: string; readonly args: string }): string[] {
  return [`/${programFolder}/${name}`, ...args.split(' ').slice(1)]
}

/** Host names that a conversation goes to: a service, the pods behind a headless one, or a site outside. */
function hostsOf({ to }: Conversation): readonly string[] {
  if ('site' in to) return to.site ? [to.site] : siteOf(to.site).addresses
  if (!('workload' in to)) return []
  const workload = workloadOf(to.workload)
  return [`${serviceNameOf(workload)}.${workload.namespace}`]
}

function callOf(talk: Conversation, host: string, callers: number): Call {
  const { port, proto, perMinute, sent, received, pool, program } = talk
  const everyMs = Math.round((60_000 * callers) / perMinute)
  return {
    kind: kindOf(port, proto),
    to: `${host}:${port}`,
    everyMs: Math.min(Math.max(everyMs, shortestMs), longestMs),
    send: Math.min(sent, mostBytes),
    receive: Math.min(received, mostBytes),
    keep: pool > 0,
    ...(program && { program: commandOf(program) }),
  }
}

/** Lookups are left out: every call makes its own. */
const isCall = ({ port }: Conversation) => port !== 53

/** Calls of one pod of a workload that has so many. */
export function callsOf(path: string, replicas: number): readonly Call[] {
  return conversations
    .filter((talk) => 'workload' in talk.from && talk.from.workload === path && isCall(talk))
    .flatMap((talk) => hostsOf(talk).map((host) => callOf(talk, host, replicas)))
}

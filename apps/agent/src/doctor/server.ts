// Whether what is seen arrives: asks the server as the agent would, with its name, token and authority, without becoming one.
// Each way in which that can fail is told in plain words, with what to look at next.
import { lookup } from 'node:dns/promises'
import type { AgentConfig } from '../config.ts'
import { ForeignAnswerError, ServerError, createServerLink } from '../ship/server-link.ts'
import type { Finding } from './report.ts'

interface Mishap {
  /** By the code of a failed connection, or by the words of TLS. */
  readonly sign: RegExp
  readonly says: string
  readonly hint: string
}

const mishaps: readonly Mishap[] = [
  {
    sign: /ENOTFOUND|EAI_AGAIN/,
    says: 'its name is not found',
    hint: "look at the server's Service, and whether DNS works on this node",
  },
  {
    sign: /ECONNREFUSED|ENOENT/,
    says: 'nothing listens there',
    hint: 'look whether the server runs, and at its --ingest-listen',
  },
  {
    sign: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|did not answer/,
    says: 'no answer comes',
    hint: 'a NetworkPolicy or a firewall may be between this node and the server',
  },
  {
    sign: /self-signed|unable to (?:verify|get) /,
    says: 'its certificate is of another authority than the one in --ship-ca',
    hint: 'give the agent the authority of the server; after a renewal, roll out both',
  },
  {
    sign: /does not match certificate/,
    says: 'its certificate is for another name',
    hint: 'name the server as its certificate does',
  },
  {
    sign: /certificate (?:has expired|is not yet valid)/,
    says: 'its certificate is not valid at the time of this clock',
    hint: 'look at the clock of this node, then renew the certificate',
  },
  {
    sign: /wrong version number|packet length too long/,
    says: 'it does not speak TLS there',
    hint: 'write --ship-server as the server says it listens',
  },
  {
    sign: /socket hang up|ECONNRESET/,
    says: 'it ends the connection without an answer',
    hint: 'a server with TLS does so: write --ship-server with https://',
  },
]

function mishapOf(error: Error): Pick<Finding, 'found' | 'hint'> {
  if (error instanceof ServerError) {
    return { found: `refuses this agent: ${error.detail}`, hint: error.hint ?? "look at the server's log" }
  }
  if (error instanceof ForeignAnswerError) {
    const hint = 'name the door for agents with --ship-server, and run agent and server of one release'
    return { found: `is no Margay server: ${error.message}`, hint }
  }
  const text = `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`
  const mishap = mishaps.find(({ sign }) => sign.test(text))
  if (mishap) return { found: `${mishap.says} (${error.message})`, hint: mishap.hint }
  return { found: error.message, hint: "look at the server's log" }
}

/** A row's time is its node's; by more than that, the two ends of a connection are hard to join. */
const mostSkewMs = 2_000

/** The difference of two clocks, as far as an answer that took `tookMs` can tell. */
export function judgeClock(ownMs: number, serversMs: number, tookMs: number): Finding {
  const base = { name: 'clock', title: 'Clock' }
  const skew = Math.round(ownMs - tookMs / 2 - serversMs)
  if (Math.abs(skew) <= mostSkewMs + tookMs / 2) return { ...base, verdict: 'ok', found: "agrees with the server's" }
  const found = `${(Math.abs(skew) / 1000).toFixed(1)} s ${skew > 0 ? 'ahead of' : 'behind'} the server's`
  return { ...base, verdict: 'limited', found, hint: 'rows have the time of their node; keep clocks together with NTP' }
}

/** The address behind a name, for whoever reads that nothing answers there. */
async function addressOf(server: string): Promise<string> {
  if (server.startsWith('unix:')) return server
  const { hostname } = new URL(server)
  const found = await lookup(hostname.replace(/^\[|\]$/g, '')).catch(() => undefined)
  return found === undefined || found.address === hostname ? server : `${server} (${found.address})`
}

/** Findings on the way to the server. `clock` gives Unix milliseconds. */
export async function askServer({ node, ship }: AgentConfig, clock: () => number): Promise<readonly Finding[]> {
  const base = { name: 'reach', title: 'Server' }
  const link = createServerLink({ ...ship, agent: node, instance: 'doctor' })
  const where = await addressOf(ship.server)
  const startedAt = clock()
  try {
    const { server, now } = await link.look(new AbortController().signal)
    const endedAt = clock()
    const found = `${where} takes this agent as "${node}" into the cluster "${server}"`
    return [{ ...base, verdict: 'ok', found }, judgeClock(endedAt, now, endedAt - startedAt)]
  } catch (error) {
    const { found, ...rest } = mishapOf(error as Error)
    return [{ ...base, verdict: 'missing', found: `${where}: ${found}`, ...rest }]
  } finally {
    link.close()
  }
}

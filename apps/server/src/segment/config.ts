import { option } from '@margay/kit'
import { z } from 'zod'
import type { TlsFiles } from '../auth/tls.ts'
import { kubernetesConfig } from '../kubernetes/config.ts'

/** Options of the thread that takes, names and keeps rows. */
export const ingestConfig = z.object({
  listen: option(
    z.string().optional(),
    'Where agents send: unix:/path or host:port. Default: the socket agent.sock in the data directory.',
  ),
  token: option(z.string().min(16).optional(), 'Token that agents must send.', { secret: true }),
  tokenFile: option(z.string().min(1).optional(), 'File with the token that agents must send.'),
  serviceAccount: option(
    z.string().min(1).optional(),
    'NAMESPACE/NAME of the service account that agents run as; the Kubernetes API is asked about their tokens.',
  ),
  audience: option(z.string().min(1).default('margay'), "Whom the agents' service-account tokens must be meant for."),
  cluster: option(z.string().min(1).default('cluster'), 'Name of the cluster in every row.'),
  inventory: option(
    z.string().optional(),
    'Kubernetes YAML, a file or a directory, that names pods, services and nodes.',
  ),
  kubernetes: kubernetesConfig.prefault({}),
  segmentMs: option(
    z.int().min(50).max(10_000).default(1_000),
    'The longest that rows wait for others before they are written, synced and acknowledged.',
  ),
  segmentRows: option(z.int().min(1_000).default(50_000), 'Rows at which a segment is written at once.'),
  maxWaitingBytes: option(
    z.int().min(1_048_576).default(2_147_483_648),
    'Disk for rows that the store has not taken yet; over it agents keep theirs.',
  ),
  maxSeries: option(z.int().min(1_000).default(200_000), 'Named series that are kept ready in memory.'),
})

export type IngestConfig = z.output<typeof ingestConfig> & {
  /** The server's certificate, for agents that do not come by a unix socket. */
  readonly tls?: TlsFiles | undefined
}

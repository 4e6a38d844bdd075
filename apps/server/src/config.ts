// Options of the server, from the command line and the environment. Every sentence here is printed by --help.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { option } from '@margay/kit'
import { z } from 'zod'
import { authConfig, tlsConfig } from './auth/config.ts'
import { isHostName } from './http/guard.ts'
import { kubernetesConfig } from './kubernetes/config.ts'
import { ingestConfig } from './segment/config.ts'

const gigabyte = 1_000_000_000

const retentionOf = (days: number, what: string) =>
  z
    .object({
      days: option(z.int().min(1).max(3650).default(days), `Days that ${what} are kept.`),
      maxBytes: option(
        z.int().min(gigabyte).optional(),
        `Bytes on disk that ${what} may take; over it the oldest day goes first.`,
      ),
    })
    .prefault({})

export const serverConfig = z.object({
  data: option(
    z.string().min(1).optional(),
    'Directory of all data, for one server alone. Default: ~/.local/share/margay, for the demo margay-demo.',
  ),
  listen: option(z.string().default('127.0.0.1:8585'), 'Where people are answered: host:port or a port of loopback.'),
  inventory: option(
    z.string().min(1).optional(),
    'Kubernetes YAML, a file or a directory, that names pods, services and nodes.',
  ),
  demo: option(z.boolean().default(false), 'Tell the story of an invented cluster, in a data directory of its own.'),
  demoSeed: option(z.int().min(1).default(1), 'Another seed is another cluster.'),
  allowHost: option(
    z
      .array(
        z
          .string()
          .refine(isHostName, 'a name or address alone is expected, as console.example.com, without scheme, port or *')
          .toLowerCase(),
      )
      .default([]),
    'Names beside localhost under which the server may be asked, for a proxy or a port that is forwarded.',
  ),
  tls: tlsConfig.prefault({}),
  auth: authConfig.prefault({}),
  console: option(
    z.string().min(1).optional(),
    'Directory of the built console. Default: where the build of this source tree puts it.',
  ),
  logLevel: option(z.enum(['debug', 'info', 'warn', 'error']).default('info'), 'What our own log tells.'),
  import: z
    .object({
      maxBytes: option(
        z
          .int()
          .min(1024)
          .default(256 * 1_048_576),
        'Bytes of one request of records, as sent.',
      ),
      maxPlainBytes: option(
        z
          .int()
          .min(1024)
          .default(2048 * 1_048_576),
        'Bytes of it after decompression.',
      ),
      maxLineBytes: option(z.int().min(1024).default(1_048_576), 'Bytes of one record.'),
      maxAgeDays: option(z.int().min(1).default(400), 'Records older than so many days are refused.'),
    })
    .prefault({}),
  retention: z
    .object({
      keepFreeBytes: option(
        z.int().min(0).optional(),
        'Bytes of the disk that stay free: where fewer are, the oldest days of the largest log go before their time. Default: 5 % of it, at most 2 GB.',
      ),
      flows: retentionOf(30, 'flows'),
      dns: retentionOf(30, 'lookups'),
      objects: retentionOf(30, 'versions of Kubernetes objects'),
      // What tells an unused policy from one that is needed once a quarter.
      policyActivity: retentionOf(400, 'records of what policies decided'),
    })
    .prefault({}),
  kubernetes: kubernetesConfig.prefault({}),
  ingest: ingestConfig.omit({ inventory: true, kubernetes: true }).prefault({}),
})

export type ServerConfig = z.output<typeof serverConfig>

/** The data directory in force. Demo data never share one with real data. */
export function dataDirOf({ data, demo }: Pick<ServerConfig, 'data' | 'demo'>, env: NodeJS.ProcessEnv): string {
  if (data !== undefined) return demo ? join(data, 'demo') : data
  const base = env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share')
  return join(base, demo ? 'margay-demo' : 'margay')
}

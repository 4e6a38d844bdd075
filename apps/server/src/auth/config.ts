// Options of whatever shows who asks and keeps the answer from being read on the way.
import { option } from '@margay/kit'
import { z } from 'zod'

const path = z.string().min(1).optional()

export const tlsConfig = z.object({
  cert: option(path, 'PEM file with the certificate of this server and those between it and its authority.'),
  key: option(path, 'PEM file with the private key of the certificate. Both are read again when they change.'),
})

export const authConfig = z.object({
  tokens: option(
    path,
    'File of people and programs that may ask, one a line: NAME read|send|all TOKEN. Read again when it changes.',
  ),
  kubernetes: option(
    z.boolean().default(false),
    'Asks the Kubernetes API who a bearer token belongs to, and what its rights on lma.tigera.io are.',
  ),
  viewerRole: option(
    z.string().min(1).optional(),
    'ClusterRole that lets people read, named on the sign-in page. Default: the page names the rights themselves.',
  ),
})

export type TlsConfig = z.output<typeof tlsConfig>
export type AuthConfig = z.output<typeof authConfig>

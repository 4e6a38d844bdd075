import { isLoopbackHost, option } from '@margay/kit'
import { z } from 'zod'

/** Asks the parser and not the text: in `http://localhost:x@example.com` the name before the @ is a user's. */
const isOnThisMachine = (server: string): boolean =>
  server.startsWith('unix:') || isLoopbackHost(URL.parse(server)?.hostname ?? '')

const options = z.object({
  server: option(
    z
      .string()
      .regex(/^(https?:\/\/|unix:\/)/, 'http://host:port, https://host:port or unix:/path is expected')
      .default('http://127.0.0.1:8586'),
    'Where the server takes frames: http://host:port, https://host:port or unix:/path/of/socket.',
  ),
  token: option(z.string().optional(), 'Token that the server expects from agents.', { secret: true }),
  tokenFile: option(
    z.string().min(1).optional(),
    'File with that token, read again whenever it changes: a service-account token is renewed by the kubelet.',
  ),
  ca: option(
    z.string().min(1).optional(),
    "PEM file with the authority of the server's certificate, read again whenever it changes. Default: the public ones.",
  ),
  maxSpoolBytes: option(
    z
      .int()
      .min(1_048_576)
      .default(512 * 1_048_576),
    'Disk that unsent rows may take; over it the oldest go first and are counted.',
  ),
  epochBytes: option(
    z
      .int()
      .min(65_536)
      .default(16 * 1_048_576),
    'Size at which a spool file ends and the next epoch begins.',
  ),
  epochSeconds: option(z.int().min(10).default(600), 'Age at which a spool file ends and the next epoch begins.'),
})

/** Options of the part that keeps rows on disk and sends them. */
export const shipConfig = options.check(({ value: { server, token, tokenFile }, issues }) => {
  if (server.startsWith('https:') || isOnThisMachine(server)) return
  if (token === undefined && tokenFile === undefined) return
  const message = 'everybody on the way to it could read the token; write it as https://host:port'
  issues.push({ code: 'custom', path: ['server'], input: server, message })
})

export type ShipConfig = z.output<typeof shipConfig>

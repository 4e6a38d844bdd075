// Access by a kubeconfig: the part of its format that says where a cluster is and who one is there. Files and their data
// members, bearer tokens, basic names, client certificates and credential plugins are read; proxies and the retired
// `auth-provider` are named as what they are and refused.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Access, AccessSource } from './access.ts'
import { AccessError } from './access.ts'
import type { ExecConfig, ExecCredential } from './credential-plugin.ts'
import { execConfigSchema, runPlugin } from './credential-plugin.ts'

const cluster = z.object({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.undefined({ error: 'proxies are not supported' }).optional(),
})

const user = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  exec: execConfigSchema.optional(),
  'auth-provider': z.undefined({ error: 'was retired by Kubernetes; use a credential plugin (exec)' }).optional(),
})

/** Entries that are not used may be wrong: only the chosen ones are read whole. */
const file = z.object({
  'current-context': z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
  clusters: z.array(z.object({ name: z.string(), cluster: z.unknown() })),
  users: z.array(z.object({ name: z.string(), user: z.unknown() })),
})

type Cluster = z.output<typeof cluster>
type User = z.output<typeof user>

/** Tokens in files are renewed in place. */
const keepMs = 60_000

function decode<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const issue = read.error.issues[0]!
  throw new AccessError(`read ${where}: ${issue.path.join('.')} ${issue.message}`)
}

function chosen<T extends { readonly name: string }>(list: readonly T[], name: string, what: string, path: string): T {
  const found = list.find((entry) => entry.name === name)
  if (found) return found
  const names = list.map((entry) => entry.name).join(', ') || 'none'
  throw new AccessError(`read kubeconfig ${path}: no ${what} "${name}"; there is ${names}`)
}

/** The parser's own words quote the line that is wrong, and that may be the one with a token. */
function parsed(text: string, path: string): unknown {
  try {
    return parse(text, { prettyErrors: false })
  } catch (error) {
    const at = (error as { readonly code?: string }).code ?? 'unknown'
    throw new AccessError(`read kubeconfig ${path}: it is no YAML (${at}); "kubectl config view" says where`)
  }
}

/** The cluster and user of a context. */
function select(text: string, path: string, context: string | undefined): { cluster: Cluster; user: User } {
  const config = decode(file, parsed(text, path), `kubeconfig ${path}`)
  const name = context ?? config['current-context']
  if (name === undefined || name === '') {
    throw new AccessError(`read kubeconfig ${path}: it has no current context; name one with --kubernetes-context`)
  }
  const { context: ends } = chosen(config.contexts, name, 'context', path)
  const place = (what: string, of: string) => `${what} "${of}" of kubeconfig ${path}`
  const found = chosen(config.clusters, ends.cluster, 'cluster', path)
  const who = chosen(config.users, ends.user, 'user', path)
  return {
    cluster: decode(cluster, found.cluster, place('cluster', found.name)),
    user: decode(user, who.user, place('user', who.name)),
  }
}

function readBeside(path: string, name: string): string {
  const whole = resolve(dirname(path), name)
  try {
    return readFileSync(whole, 'utf8')
  } catch (error) {
    throw new AccessError(`read ${whole}, named in kubeconfig ${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** Data wins over a file, as with kubectl. */
function material(path: string, data: string | undefined, name: string | undefined): string | undefined {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  return name === undefined ? undefined : readBeside(path, name)
}

function authorizationOf(path: string, { token, tokenFile, username, password }: User): string | undefined {
  const bearer = tokenFile === undefined ? token : readBeside(path, tokenFile).trim()
  if (bearer !== undefined) return `Bearer ${bearer}`
  if (username === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
}

interface Kept {
  readonly access: Access
  readonly until: number
}

/** `clock` gives Unix milliseconds. */
export function kubeconfig(
  config: { readonly path: string; readonly context?: string | undefined },
  clock: () => number,
  plugin: (exec: ExecConfig, server: string) => Promise<ExecCredential> = runPlugin,
): AccessSource {
  const { path } = config
  let kept: Kept | undefined
  /** Whoever asks meanwhile waits for the same answer: a plugin may ask a cloud, and is run once. */
  let reading: Promise<Kept> | undefined

  const read = async (): Promise<Kept> => {
    const { cluster: at, user: who } = select(readBeside(path, path), path, config.context)
    const given = who.exec ? await plugin(who.exec, at.server) : undefined
    const ca = material(path, at['certificate-authority-data'], at['certificate-authority'])
    const cert = given?.certificate ?? material(path, who['client-certificate-data'], who['client-certificate'])
    const key = given?.key ?? material(path, who['client-key-data'], who['client-key'])
    const name = at['tls-server-name']
    const authorization = given?.token === undefined ? authorizationOf(path, who) : `Bearer ${given.token}`
    const access = {
      server: at.server.replace(/\/+$/, ''),
      tls: {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(name !== undefined && { servername: name }),
        ...(at['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
      },
      ...(authorization !== undefined && { authorization }),
    }
    return { access, until: Math.min(given?.until ?? Number.POSITIVE_INFINITY, clock() + (given ? 3_600_000 : keepMs)) }
  }
  return {
    async current() {
      if (kept && clock() < kept.until) return kept.access
      reading ??= read().finally(() => (reading = undefined))
      kept = await reading
      return kept.access
    },
    refused: () => void (kept = undefined),
  }
}

// What a server beyond loopback asks for: a token that shows who we are, and for us the authority of its certificate. A
// token is never an argument, because those are for everybody to see.
import { readFileSync } from 'node:fs'
import { isAbsolute, join, dirname } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { CliError } from './fail.ts'

export interface Credentials {
  readonly token?: string
  /** PEM text. */
  readonly ca?: string
}

export interface CredentialOptions {
  readonly tokenFile?: string | undefined
  readonly kubeconfig?: string | undefined
  readonly ca?: string | undefined
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read the ${what} ${path}: ${(error as Error).message}`, 2)
  }
}

const kubeconfigSchema = z.object({
  'current-context': z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ user: z.string() }) })),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({ token: z.string().optional(), tokenFile: z.string().optional() }).nullable(),
    }),
  ),
})

/** Undefined for what is no YAML: the parser's own words quote the line that is wrong, and that may be the one with a token. */
function parsed(text: string): unknown {
  try {
    return parse(text, { prettyErrors: false })
  } catch {
    return undefined
  }
}

/** What a header may carry. */
const isToken = (text: string) => /^[\x21-\x7e]+$/.test(text)

/** The token of the current context. Certificates and plugins show who one is to the API server alone. */
function tokenOfKubeconfig(path: string): string {
  const config = kubeconfigSchema.safeParse(parsed(read(path, 'kubeconfig')))
  if (!config.success) throw new CliError(`cannot read the kubeconfig ${path}: it names no context, user and token`, 2)
  const { contexts, users, 'current-context': current } = config.data
  const name = contexts.find((one) => one.name === current)?.context.user
  const user = users.find((one) => one.name === name)?.user
  if (user?.token !== undefined) return user.token
  if (user?.tokenFile !== undefined) {
    const file = user.tokenFile
    return read(isAbsolute(file) ? file : join(dirname(path), file), 'token file')
  }
  throw new CliError(
    `the context "${current}" of ${path} has no token\n` +
      'make one with "kubectl create token NAME" and give it with MARGAY_TOKEN or --token-file',
    2,
  )
}

/** What was given, the nearest first: a file, the environment, a kubeconfig. Throws a CliError that names the file. */
export function readCredentials(
  { tokenFile, kubeconfig, ca }: CredentialOptions,
  env: Readonly<Record<string, string | undefined>>,
): Credentials {
  const token = () => {
    if (tokenFile !== undefined) return read(tokenFile, 'token file')
    if (env.MARGAY_TOKEN) return env.MARGAY_TOKEN
    return kubeconfig === undefined ? undefined : tokenOfKubeconfig(kubeconfig)
  }
  const found = token()?.trim()
  if (found !== undefined && !isToken(found))
    throw new CliError('the token is not one word of ASCII; give the token alone, without names beside it', 2)
  return {
    ...(found !== undefined && { token: found }),
    ...(ca !== undefined && { ca: read(ca, 'authority') }),
  }
}

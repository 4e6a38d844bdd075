// Credential plugins of a kubeconfig (`exec`): a program that prints who we are, as cloud providers ship them. What it writes
// reaches no message of ours, because that may be the credential: whoever wants to read it runs the program by hand.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { AccessError } from './access.ts'

export const execConfigSchema = z.object({
  apiVersion: z.string().regex(/^client\.authentication\.k8s\.io\/v1(beta1)?$/),
  command: z.string(),
  args: z
    .array(z.string())
    .nullish()
    .transform((args) => args ?? []),
  env: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .nullish()
    .transform((env) => env ?? []),
  installHint: z.string().optional(),
})

export type ExecConfig = z.output<typeof execConfigSchema>

export interface ExecCredential {
  readonly token?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** Unix milliseconds; absent where they last as long as the API server takes them. */
  readonly until?: number | undefined
}

const answer = z.object({
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.iso.datetime({ offset: true }).optional(),
  }),
})

const timeoutMs = 60_000
/** Credentials are renewed a little before they end. */
const earlyMs = 30_000

const run = promisify(execFile)

/** What `execFile` rejects with, as far as it is told. */
interface Failure {
  readonly code?: number | string | null
  readonly killed?: boolean
  readonly signal?: string | null
}

function wordsOf({ code, killed, signal }: Failure, limitMs: number): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it writes without an end'
  if (killed) return `it did not end within ${limitMs / 1000} s`
  if (typeof code === 'number') return `it ended with ${code}; run it by hand to read why`
  if (signal) return `it was ended by ${signal}`
  return code === 'ENOENT' ? 'there is no such program' : `it cannot be started (${code ?? 'unknown'})`
}

function credentialOf(stdout: string): ExecCredential | undefined {
  try {
    const { status } = answer.parse(JSON.parse(stdout))
    const { expirationTimestamp: end } = status
    return {
      token: status.token,
      certificate: status.clientCertificateData,
      key: status.clientKeyData,
      until: end === undefined ? undefined : Date.parse(end) - earlyMs,
    }
  } catch {
    return undefined
  }
}

/** Runs the plugin, for so long at most; nobody is there to answer questions, and it is told so. */
export async function runPlugin(exec: ExecConfig, server: string, limitMs = timeoutMs): Promise<ExecCredential> {
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server } },
  }
  const given = Object.fromEntries(exec.env.map(({ name, value }) => [name, value]))
  const env = { ...process.env, ...given, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
  const hint = exec.installHint === undefined ? '' : `; ${exec.installHint}`
  const failed = (what: string) => new AccessError(`run the credential plugin ${exec.command}: ${what}${hint}`)
  const { stdout } = await run(exec.command, exec.args, { env, timeout: limitMs, killSignal: 'SIGKILL' }).catch(
    (error: unknown) => {
      throw failed(wordsOf(error as Failure, limitMs))
    },
  )
  const credential = credentialOf(stdout)
  if (!credential) throw failed('it printed no ExecCredential with a status')
  return credential
}

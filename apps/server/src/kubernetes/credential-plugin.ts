// Credential plugins of a kubeconfig (`exec`): a program that prints who we are, as cloud providers ship them.
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

/** Runs the plugin; nobody is there to answer questions, and it is told so. */
export async function runPlugin(exec: ExecConfig, server: string): Promise<ExecCredential> {
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server } },
  }
  const given = Object.fromEntries(exec.env.map(({ name, value }) => [name, value]))
  const env = { ...process.env, ...given, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
  try {
    const { stdout } = await run(exec.command, exec.args, { env, timeout: timeoutMs })
    const { status } = answer.parse(JSON.parse(stdout))
    const { expirationTimestamp: end } = status
    return {
      token: status.token,
      certificate: status.clientCertificateData,
      key: status.clientKeyData,
      until: end === undefined ? undefined : Date.parse(end) - earlyMs,
    }
  } catch (error) {
    const hint = exec.installHint === undefined ? '' : `; ${exec.installHint}`
    throw new AccessError(`run the credential plugin ${exec.command}: ${(error as Error).message}${hint}`, {
      cause: error,
    })
  }
}

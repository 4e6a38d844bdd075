// Which agents may send. On a unix socket and on loopback the machine itself is the guard; elsewhere an agent shows the
// token of this server, or the token of its service account, which also tells the node that it speaks for.
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { FatalError, defineErrors } from '@margay/kit'
import { createKept } from './kept.ts'
import type { PostToKubernetes, TokenUser } from './kubernetes-way.ts'
import { reviewToken } from './kubernetes-way.ts'

export interface SendersConfig {
  readonly token?: string | undefined
  /** File with the token, read at the start. */
  readonly tokenFile?: string | undefined
  /** `NAMESPACE/NAME` of the service account that agents run as. */
  readonly serviceAccount?: string | undefined
  /** Whom the agents' tokens must be meant for. */
  readonly audience: string
}

export interface SendersDeps {
  /** Needed for service accounts alone. */
  readonly post: () => PostToKubernetes
  /** Unix milliseconds. */
  readonly clock: () => number
}

export interface Senders {
  /** Whether anything must be shown at all. */
  readonly areChecked: boolean
  /** The node that the sender's token was made on, where it tells one. Throws a CodedError where it may not speak as `agent`. */
  check(authorization: string, agent: string): Promise<string | undefined>
}

const errors = defineErrors({
  no_token: {
    status: 401,
    hint: 'give the agent the token of this server with --ship-token-file or MARGAY_SHIP_TOKEN',
  },
  wrong_account: {
    status: 403,
    hint: 'agents run as the service account that the server names with --ingest-service-account',
  },
  wrong_node: { status: 403, hint: "give the agent its node's name with --node (MARGAY_NODE, from spec.nodeName)" },
  not_reviewed: {
    status: 503,
    hint: 'the Kubernetes API did not answer; the agent keeps its rows and sends them again',
  },
})

const nodeNameKey = 'authentication.kubernetes.io/node-name'
/** A token of an agent that was deleted is good for so long. */
const keepMs = 60_000
const keepNoMs = 5_000
const maxTokens = 10_000

const digest = (text: string) => createHash('sha256').update(text).digest()

const bearer = (authorization: string): string => /^Bearer +(\S+)$/.exec(authorization)?.[1] ?? ''

function readToken({ token, tokenFile }: SendersConfig): string | undefined {
  if (tokenFile === undefined) return token
  try {
    const text = readFileSync(tokenFile, 'utf8').trim()
    if (text.length < 16) throw new Error(`the token has ${text.length} characters, at least 16 are expected`)
    return text
  } catch (error) {
    throw new FatalError(`read the agents' token from ${tokenFile}: ${(error as Error).message}`, { cause: error })
  }
}

/** The name by which Kubernetes knows a service account. Throws a FatalError for another form. */
function accountOf(text: string): string {
  const [namespace, name, ...rest] = text.split('/')
  if (namespace && name && rest.length === 0) return `system:serviceaccount:${namespace}:${name}`
  throw new FatalError(`cannot read the service account "${text}"; write it as NAMESPACE/NAME`)
}

function checkUser(user: TokenUser | undefined, account: string, agent: string): string | undefined {
  if (!user) throw errors.no_token('agent did not send a token that Kubernetes knows for this server')
  if (user.username !== account) throw errors.wrong_account(`agent runs as "${user.username}" and not as "${account}"`)
  // Since Kubernetes 1.30 a pod's token names its node: one node's agent cannot speak for another's.
  const node = user.extra?.[nodeNameKey]?.[0]
  if (node !== undefined && node !== agent) throw errors.wrong_node(`agent "${agent}" runs on node "${node}"`)
  return node
}

export function createSenders(config: SendersConfig, deps: SendersDeps): Senders {
  const token = readToken(config)
  const account = config.serviceAccount === undefined ? undefined : accountOf(config.serviceAccount)
  const known = createKept<TokenUser | undefined>({
    max: maxTokens,
    keepMs: (user) => (user ? keepMs : keepNoMs),
    clock: deps.clock,
  })
  let post: PostToKubernetes | undefined
  const review = async (given: string): Promise<TokenUser | undefined> => {
    post ??= deps.post()
    try {
      return await reviewToken(post, given, config.audience)
    } catch (error) {
      // Why is for the server's log: whoever asks has shown nothing yet.
      throw errors.not_reviewed('whose token it is cannot be found out now', { cause: error })
    }
  }
  return {
    areChecked: token !== undefined || account !== undefined,
    async check(authorization, agent) {
      const given = bearer(authorization)
      if (token !== undefined && timingSafeEqual(digest(given), digest(token))) return undefined
      if (account !== undefined && given !== '') {
        return checkUser(await known(digest(given).toString('hex'), () => review(given)), account, agent)
      }
      if (token !== undefined || account !== undefined)
        throw errors.no_token('agent did not send a token of this server')
      return undefined
    },
  }
}

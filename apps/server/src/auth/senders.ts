// Which agents may send. On a unix socket and on loopback the machine itself is the guard; elsewhere an agent shows the
// token of this server, which all agents share, or the token of its service account, which also tells the node that it
// speaks for: since Kubernetes 1.30 by name, before that by the pod it is bound to. One that tells neither is refused.
import { readFileSync } from 'node:fs'
import { FatalError, defineErrors } from '@margay/kit'
import type { PostToKubernetes, TokenUser } from './kubernetes-way.ts'
import { reviewToken } from './kubernetes-way.ts'
import { createReviewed } from './reviewed.ts'
import { bearerOf, isSameToken } from './shown-token.ts'
import { TooManyTokens, createStrangers, usualStrangers } from './strangers.ts'
import { createTokens } from './tokens.ts'

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
  /** The node of a pod by its uid, as the inventory knows it now. */
  readonly nodeOfPod: (uid: string) => string | undefined
  /** Unix milliseconds. */
  readonly clock: () => number
}

export interface Senders {
  /** Whether anything must be shown at all. */
  readonly areChecked: boolean
  /**
   * The node that the sender's token was given to; undefined where it is the token that all agents share. `peer` is where it
   * comes from (`peerOf`). Throws a CodedError where it may not speak as `agent`.
   */
  check(authorization: string, agent: string, peer: string): Promise<string | undefined>
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
  unbound_token: {
    status: 403,
    hint: "give the agent the token that its pod's volume holds (serviceAccountToken), not one of `kubectl create token`",
  },
  unknown_pod: {
    status: 503,
    hint: 'the server must read pods (--kubernetes-read auto); it tries again with the next rows, which the agent keeps',
  },
  too_many_tokens: {
    status: 429,
    hint: 'the agent keeps its rows and sends them again; look for a program there that sends other tokens',
  },
  not_reviewed: {
    status: 503,
    hint: 'the Kubernetes API did not answer; the agent keeps its rows and sends them again',
  },
})

const nodeNameKey = 'authentication.kubernetes.io/node-name'
const podUidKey = 'authentication.kubernetes.io/pod-uid'
/** A token of an agent that was deleted is good for so long. */
const keepMs = 60_000
const maxTokens = 10_000

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

/** Whether a token tells a node or a pod at all. Whoever may make tokens for the account can make any number that do not. */
const isBound = ({ extra }: TokenUser): boolean => (extra?.[nodeNameKey] ?? extra?.[podUidKey])?.[0] !== undefined

/** The node that a token was given to. Throws where it tells none. */
function nodeOf({ extra }: TokenUser, nodeOfPod: SendersDeps['nodeOfPod']): string {
  const named = extra?.[nodeNameKey]?.[0]
  if (named !== undefined) return named
  const uid = extra?.[podUidKey]?.[0]
  if (uid === undefined) throw errors.unbound_token('the token of the agent is bound to neither a node nor a pod')
  const node = nodeOfPod(uid)
  if (node === undefined) throw errors.unknown_pod('the pod that the token of the agent is bound to is not known yet')
  return node
}

export function createSenders(config: SendersConfig, deps: SendersDeps): Senders {
  const token = readToken(config)
  const account = config.serviceAccount === undefined ? undefined : accountOf(config.serviceAccount)
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
  const { clock, nodeOfPod } = deps
  const tokens = createTokens([createReviewed({ keepMs, maxTokens, clock }, review)], {
    strangers: createStrangers(usualStrangers, clock),
    clock,
  })
  const userOf = async (given: string, peer: string): Promise<TokenUser | undefined> => {
    try {
      return await tokens.whose(given, peer, (user) => user.username === account && isBound(user))
    } catch (error) {
      if (error instanceof TooManyTokens) throw errors.too_many_tokens(error.message)
      throw error
    }
  }
  const checkAccount = async (given: string, agent: string, peer: string): Promise<string> => {
    const user = await userOf(given, peer)
    if (!user) throw errors.no_token('agent did not send a token that Kubernetes knows for this server')
    if (user.username !== account)
      throw errors.wrong_account(`agent runs as "${user.username}" and not as "${account}"`)
    const node = nodeOf(user, nodeOfPod)
    if (node !== agent) throw errors.wrong_node(`agent "${agent}" runs on node "${node}"`)
    return node
  }
  return {
    areChecked: token !== undefined || account !== undefined,
    async check(authorization, agent, peer) {
      if (token === undefined && account === undefined) return undefined
      const given = bearerOf(authorization)
      if (given !== undefined && token !== undefined && isSameToken(given, token)) return undefined
      if (given !== undefined && account !== undefined) return checkAccount(given, agent, peer)
      throw errors.no_token('agent did not send a token of this server')
    },
  }
}

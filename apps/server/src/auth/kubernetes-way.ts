// Whose a token is and what they may, by asking the Kubernetes API: TokenReview, then SubjectAccessReview on the resources
// that Calico Enterprise's roles name. API group `lma.tigera.io`, resource the name of the cluster, resource name the
// dataset. In this version a person sees everything or nothing, so each dataset must be allowed.
import { createKept } from '@margay/kit'
import { z } from 'zod'
import type { Identified, Right, Way } from './caller.ts'
import { createReviewed } from './reviewed.ts'

/** Posts to the API server as ourselves and gives the answer's JSON. Rejects where there is none. */
export type PostToKubernetes = (path: string, body: object) => Promise<unknown>

/** Whom the API server knows by a token. `extra` of a service account's token names its pod and node. */
export interface TokenUser {
  readonly username: string
  readonly uid?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
}

const tokenReviewSchema = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    audiences: z.array(z.string()).optional(),
    user: z
      .object({
        // A token that is nobody's has an empty user.
        username: z.string().default(''),
        uid: z.string().optional(),
        groups: z.array(z.string()).optional(),
        extra: z.record(z.string(), z.array(z.string())).optional(),
      })
      .optional(),
  }),
})

const accessReviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) })

/** Datasets that everything of the console draws on, by the names of Calico's roles. */
const datasets = ['flows', 'dns'] as const

/** Whose the token is; undefined where the API server does not know it, or not for this audience. */
export async function reviewToken(
  post: PostToKubernetes,
  token: string,
  audience?: string,
): Promise<TokenUser | undefined> {
  const spec = { token, ...(audience !== undefined && { audiences: [audience] }) }
  const answer = await post('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec,
  })
  const { authenticated, audiences, user } = tokenReviewSchema.parse(answer).status
  // An authenticator that knows no audiences answers without them, and its token would be good for anything.
  if (!authenticated || !user?.username || (audience !== undefined && !audiences?.includes(audience))) return undefined
  return user
}

interface Attributes {
  readonly resourceAttributes?: object
  readonly nonResourceAttributes?: object
}

/** What must all be allowed for a right, each with its words for people. */
function attributesOf(
  right: Right,
  cluster: string,
): readonly { readonly words: string; readonly attributes: Attributes }[] {
  if (right === 'scrape') {
    const nonResourceAttributes = { verb: 'get', path: '/metrics' }
    return [{ words: 'get the path /metrics', attributes: { nonResourceAttributes } }]
  }
  const verb = right === 'read' ? 'get' : 'create'
  return datasets.map((name) => ({
    words: `${verb} ${name} of ${cluster}.lma.tigera.io`,
    attributes: { resourceAttributes: { group: 'lma.tigera.io', resource: cluster, name, verb } },
  }))
}

async function isAllowed(post: PostToKubernetes, user: TokenUser, attributes: Attributes): Promise<boolean> {
  const { username, uid, groups, extra } = user
  const answer = await post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: username, uid, groups, extra, ...attributes },
  })
  return accessReviewSchema.parse(answer).status.allowed
}

export interface KubernetesWayConfig {
  /** Name of the cluster, the resource of the roles. */
  readonly cluster: string
}

export interface KubernetesWayDeps {
  readonly post: PostToKubernetes
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** How long a token that was taken back may still be good; Kubernetes' own webhooks keep answers for longer. */
const keepYesMs = 30_000
/** Short enough for somebody who was just given a right. */
const keepNoMs = 5_000
const maxTokens = 1_000

export function createKubernetesWay({ cluster }: KubernetesWayConfig, { post, clock }: KubernetesWayDeps): Way {
  const judge = async (user: TokenUser, right: Right): Promise<true | string> => {
    for (const { words, attributes } of attributesOf(right, cluster)) {
      if (!(await isAllowed(post, user, attributes))) return `"${user.username}" may not ${words}`
    }
    return true
  }
  const identifiedOf = (user: TokenUser): Identified => {
    const judged = createKept<true | string>({
      max: 3,
      keepMs: (answer) => (answer === true ? keepYesMs : keepNoMs),
      clock,
    })
    return { name: user.username, shownBy: 'Kubernetes', may: (right) => judged(right, () => judge(user, right)) }
  }
  return createReviewed({ keepMs: keepYesMs, maxTokens, clock }, async (token) => {
    const user = await reviewToken(post, token)
    return user && identifiedOf(user)
  })
}

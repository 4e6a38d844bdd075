// The login that the configuration asks for: which ways there are to show who one is, and how people are told of them.
import type { Logger } from '@margay/kit'
import type { Way } from './caller.ts'
import type { AuthConfig } from './config.ts'
import type { PostToKubernetes } from './kubernetes-way.ts'
import { createKubernetesWay } from './kubernetes-way.ts'
import type { People } from './people.ts'
import { createPeople } from './people.ts'
import { escapeHtml } from './sign-in-page.ts'
import { createTokenFile } from './token-file.ts'

export interface Login {
  readonly people: People
  /** How a person comes by a token, HTML. */
  readonly advice: string
}

export interface LoginDeps {
  /** Name of the cluster, the resource of the roles. */
  readonly cluster: string
  /** Needed for Kubernetes alone. */
  readonly post: () => PostToKubernetes
  readonly log: Logger
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** `viewerRole` is the ClusterRole that an installation has for readers, where it is known. */
function kubernetesAdvice(cluster: string, viewerRole: string | undefined): string {
  const rights =
    viewerRole === undefined
      ? `the rights to get <code>flows</code> and <code>dns</code> of the resource <code>${escapeHtml(cluster)}</code> in ` +
        '<code>lma.tigera.io</code>'
      : `the rights that the ClusterRole <code>${escapeHtml(viewerRole)}</code> gives`
  return (
    'A token of a service account will do, as <code>kubectl create token NAME</code> prints it, or any other that the ' +
    `Kubernetes API takes from you. It needs ${rights}.`
  )
}

const tokensAdvice = 'Whoever runs this server keeps the list of tokens and has one for you.'

/** Undefined where no login is asked for. Throws a FatalError where one cannot be used. */
export function createLogin({ tokens, kubernetes, viewerRole }: AuthConfig, deps: LoginDeps): Login | undefined {
  const { cluster, post, log, clock } = deps
  const ways: Way[] = []
  if (tokens !== undefined) {
    const onTrouble = (error: Error) =>
      log.error('the token file is not usable; what it said before stays', { path: tokens, error })
    ways.push(createTokenFile(tokens, onTrouble))
  }
  if (kubernetes) ways.push(createKubernetesWay({ cluster }, { post: post(), clock }))
  if (ways.length === 0) return undefined
  const advice = kubernetes ? kubernetesAdvice(cluster, viewerRole) : tokensAdvice
  return { people: createPeople(ways, { log, clock }), advice }
}

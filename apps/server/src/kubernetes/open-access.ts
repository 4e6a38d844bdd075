// Which way to the API server the options mean.
import type { AccessSource } from './access.ts'
import type { KubernetesConfig } from './config.ts'
import { inCluster, isInCluster } from './in-cluster.ts'
import { kubeconfig } from './kubeconfig.ts'

/** Undefined where no API server is to be read. `clock` gives Unix milliseconds. */
export function openAccess(
  config: Pick<KubernetesConfig, 'read' | 'kubeconfig' | 'context'>,
  env: Readonly<Record<string, string | undefined>>,
  clock: () => number,
): AccessSource | undefined {
  if (config.read === 'off') return undefined
  if (config.kubeconfig !== undefined) return kubeconfig({ path: config.kubeconfig, context: config.context }, clock)
  return isInCluster(env) ? inCluster(env, clock) : undefined
}

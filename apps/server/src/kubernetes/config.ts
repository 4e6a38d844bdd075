import { option } from '@margay/kit'
import { z } from 'zod'

/** Options of the source that reads the Kubernetes API. */
export const kubernetesConfig = z.object({
  read: option(
    z.enum(['auto', 'off']).default('auto'),
    'Whether the Kubernetes API is read: auto does where a kubeconfig is given, or in a pod with a service account.',
  ),
  kubeconfig: option(z.string().min(1).optional(), 'Kubeconfig file of the cluster, where the server is no pod of it.'),
  context: option(z.string().min(1).optional(), 'Context of the kubeconfig. Default: its current context.'),
  discoverSeconds: option(
    z.int().min(1).max(3600).default(10),
    'How often it is looked whether the API serves further kinds, such as those of a CRD that was just installed.',
  ),
  pageObjects: option(z.int().min(10).max(10_000).default(500), 'Objects that are asked for at once.'),
})

export type KubernetesConfig = z.output<typeof kubernetesConfig>

import type { Part } from '@margay/wire'

const order: readonly Part['state'][] = ['failed', 'degraded', 'starting', 'ready']

/** The state of a whole is the worst of its parts; what is off does not count, and nothing at all is ready. */
export function worst(all: readonly Part['state'][]): Part['state'] {
  return order.find((state) => all.includes(state)) ?? 'ready'
}

// One change as it was found, before it has its number.
import type { Change } from '@margay/wire'
import type { StoredObject } from '../../objects/index.ts'

export interface Finding {
  readonly kind: Change['kind']
  /** Unix seconds. */
  readonly time: number
  readonly until?: number
  readonly phrase: string
  readonly object?: StoredObject
  readonly details: readonly string[]
}

/** `shop/db`, or the name alone where the kind has no namespace. */
export const titleOf = ({ namespace, name }: Pick<StoredObject, 'namespace' | 'name'>): string =>
  namespace === undefined ? name : `${namespace}/${name}`

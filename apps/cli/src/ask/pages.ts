// All pages of a list.
import { tellUnknown } from './as-of.ts'
import type { Context } from '../context.ts'
import type { AsOf } from '@margay/wire'

/** Items of one page; the server's limit. */
export const pageItems = 1000

/** Asks page after page. What the first answer says that it lacks is said on standard error. */
export async function allPages<A extends AsOf & { readonly cursor?: string | undefined }, T>(
  context: Context,
  ask: (page: { readonly limit: number; readonly cursor?: string }) => Promise<A>,
  itemsOf: (answer: A) => readonly T[],
): Promise<readonly T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const answer = await ask({ limit: pageItems, ...(cursor !== undefined && { cursor }) })
    if (cursor === undefined) tellUnknown(context, answer)
    items.push(...itemsOf(answer))
    cursor = answer.cursor
  } while (cursor !== undefined && !context.signal.aborted)
  return items
}

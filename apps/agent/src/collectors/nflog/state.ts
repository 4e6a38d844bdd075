// What the log of netfilter says of itself: which groups are read, who has the others, and whether any rule logs at all.
import type { StageState } from '@margay/kit'
import type { NetlinkOwner } from '../../process/netlink-owner.ts'
import type { Groups, NotRead } from './groups.ts'

function words(why: NotRead): string {
  switch (why.why) {
    case 'held':
      return `read by ${why.by ?? 'another program'}`
    case 'yielded':
      return `left to ${why.to}`
    case 'refused':
      return `refused by the kernel (error ${why.errno})`
  }
}

/** A reader by name and number: several programs may have one name. */
export const ownerWords = (owner: NetlinkOwner | undefined): string | undefined =>
  owner && `${owner.isOurs ? 'another agent' : owner.name} (process ${owner.pid})`

const several = (groups: readonly number[]) =>
  `group${groups.length > 1 ? 's' : ''} ${groups.toSorted((a, b) => a - b).join(', ')}`

/** Groups that are not read, one part for each reason. */
export function notReadWords(notRead: Groups['notRead']): string[] {
  const byWords = new Map<string, number[]>()
  for (const [group, why] of notRead) {
    const text = words(why)
    byWords.set(text, [...(byWords.get(text) ?? []), group])
  }
  return [...byWords].map(([text, groups]) => `${several(groups)} ${text}`)
}

const hints: Readonly<Record<NotRead['why'], string>> = {
  held: 'a group has one reader; take its flows as well, or turn on --nf-trace',
  yielded: 'its flows have what it reads; or turn on --nf-trace',
  refused: 'CAP_NET_ADMIN and the kernel module nfnetlink_log are needed',
}

/** `hasHeard` says whether any rule has logged since the start: reading alone shows nothing. */
export function groupsState(
  { read, notRead }: Pick<Groups, 'read' | 'notRead'>,
  hasHeard: boolean,
): Partial<StageState> {
  const heard = hasHeard ? '' : ', to which no rule has logged yet'
  const reads = read.size > 0 ? [`reads ${several([...read])}${heard}`] : []
  const [first] = notRead.values()
  if (!first) return { state: 'ok', detail: reads.join() }
  return { state: 'degraded', detail: [...reads, ...notReadWords(notRead)].join('; '), hint: hints[first.why] }
}

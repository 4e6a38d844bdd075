// What the log of netfilter says of itself: which groups are read, and who has the others.
import type { StageState } from '@margay/kit'
import type { Groups, NotRead } from './groups.ts'

type NameOf = (pid: number) => string | undefined

function words(why: NotRead, nameOf: NameOf): string {
  switch (why.why) {
    case 'held': {
      const name = why.by === undefined ? undefined : nameOf(why.by)
      return `read by ${name ?? (why.by === undefined ? 'another program' : `process ${why.by}`)}`
    }
    case 'yielded':
      return `left to ${why.to}`
    case 'refused':
      return `refused by the kernel (error ${why.errno})`
  }
}

const several = (groups: readonly number[]) =>
  `group${groups.length > 1 ? 's' : ''} ${groups.toSorted((a, b) => a - b).join(', ')}`

/** Groups that are not read, one part for each reason. */
export function notReadWords(notRead: Groups['notRead'], nameOf: NameOf): string[] {
  const byWords = new Map<string, number[]>()
  for (const [group, why] of notRead) {
    const text = words(why, nameOf)
    byWords.set(text, [...(byWords.get(text) ?? []), group])
  }
  return [...byWords].map(([text, groups]) => `${several(groups)} ${text}`)
}

const hints: Readonly<Record<NotRead['why'], string>> = {
  held: 'a group has one reader; take its flows as well, or turn on --nf-trace',
  yielded: 'its flows have what it reads; or turn on --nf-trace',
  refused: 'CAP_NET_ADMIN and the kernel module nfnetlink_log are needed',
}

export function groupsState({ read, notRead }: Pick<Groups, 'read' | 'notRead'>, nameOf: NameOf): Partial<StageState> {
  const [first] = notRead.values()
  if (!first) return { state: 'ok', detail: `reads ${several([...read])}` }
  const missing = notReadWords(notRead, nameOf).join('; ')
  const reads = read.size > 0 ? `reads ${several([...read])}; ` : ''
  return { state: 'degraded', detail: `${reads}${missing}`, hint: hints[first.why] }
}

// Lookups that failed before a connection: of the names that led the client to the address, those that were not answered at
// first. One question for all connections.
import type { Row } from '@margay/model'
import { dnsLog } from '@margay/model'
import type { Filter, Question } from '@margay/query'
import { allOf, anyOf, fieldIs, literal } from '@margay/query'
import type { EndsEvidence } from '@margay/wire'
import type { Asked } from './connection.ts'
import type { FindDeps } from './find.ts'
import { timesWords } from './words.ts'

/** A program that waits for a name gives up long before that. */
const beforeSeconds = 60
/** Ways in which lookups of one name fail, by outcome and code: more than there are. */
const mostWays = 50

/** A lookup that failed, as often as it did. */
export interface FailedLookup {
  readonly client: string
  readonly name: string
  /** `SERVFAIL`, or that no answer came. */
  readonly how: string
  readonly times: number
}

const domainsOf = ({ dest_domains: domains }: Row): readonly string[] =>
  Array.isArray(domains) ? (domains as readonly string[]) : []

/** What the client of a connection asked for, where its own record says so. */
const askedNames = (asked: readonly Asked[]) =>
  asked.flatMap(({ row }) =>
    row.source_ip === undefined ? [] : domainsOf(row).map((name) => ({ client: String(row.source_ip), name, row })),
  )

const failed: Filter = anyOf(
  fieldIs('outcome', 'unanswered'),
  allOf({ kind: 'exists', field: literal('rcode') }, { kind: 'not', filter: fieldIs('rcode', 'NOERROR') }),
)

/** The failed lookups of names that led to the connections. */
export async function failedLookups(asked: readonly Asked[], deps: FindDeps): Promise<readonly FailedLookup[]> {
  const names = askedNames(asked)
  if (names.length === 0) return []
  const pairs = names.map(({ client, name }) => allOf(fieldIs('client_ip', client), fieldIs('qname', name)))
  const starts = names.map(({ row }) => Number(row.start_time))
  const ends = names.map(({ row }) => Number(row.end_time ?? row.start_time))
  const question: Question = {
    logType: dnsLog.name,
    range: { from: { at: Math.min(...starts) - beforeSeconds }, to: { at: Math.max(...ends) } },
    filter: allOf(anyOf(...pairs), failed),
    reports: 'every',
    select: {
      kind: 'groups',
      by: ['client_ip', 'qname', 'outcome', 'rcode'].map((field) => ({ field })),
      measures: { times: { sum: 'count' } },
      limit: names.length * mostWays,
    },
  }
  const { answer } = await deps.store.ask(question, { now: deps.now, signal: deps.signal })
  if (answer.kind !== 'groups') throw new Error('BUG: asked for groups, got rows')
  return answer.groups.map(({ key: [client, name, outcome, rcode], measures }) => ({
    client: String(client),
    name: String(name),
    how: outcome === 'unanswered' ? 'no answer' : String(rcode),
    times: Number(measures['times'] ?? 0),
  }))
}

/** What is said of it beside what the source saw. */
export const lookupEvidence = ({ row }: Asked, lookups: readonly FailedLookup[]): readonly EndsEvidence[] =>
  lookups
    .filter(({ client, name }) => client === row.source_ip && domainsOf(row).includes(name))
    .map(({ name, how, times }) => ({
      at: 'source',
      from: 'dns',
      text: `${name} was looked up before, ${how} ${timesWords(times)}`,
    }))

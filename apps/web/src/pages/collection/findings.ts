// The Collection page in words: what it finds first, and what to do next. Pure.
import type { Health, Part, Source } from '@margay/wire'
import { formatCount, formatRate, plural } from '../../format/number.ts'
import { sentence } from '../../format/sentence.ts'

/** Sources that record, and how much; what is wrong comes before what is well. */
export function collectionFinding(health: Health): string {
  const { sources, tables } = health
  if (sources.length === 0) return `Nothing records: ${keptWords(tables)}`
  const rate = formatRate(sources.reduce((sum, { rowsPerSecond }) => sum + rowsPerSecond, 0))
  const bad = sources.filter(({ state }) => state !== 'ready')
  const lost = lostOf([...sources, ...health.parts])
  const all =
    bad.length === 0
      ? `${plural(sources.length, 'source')} record${sources.length === 1 ? 's' : ''}`
      : `${formatCount(sources.length - bad.length)} of ${plural(sources.length, 'source')} record${sources.length === 1 ? 's' : ''} everything they can`
  return `${all}, ${rate} in all; ${lost === 0 ? 'nothing was lost' : `${formatCount(lost)} records were lost`}.`
}

/** What there is of before, while nobody sends. */
function keptWords(tables: Health['tables']): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  if (rows === 0) return 'no source has sent anything yet.'
  return `no source has sent anything since the server started; ${plural(rows, 'record')} of before are kept.`
}

export const lostOf = (parts: readonly (Source | Part)[]): number =>
  parts.flatMap(({ lost }) => lost).reduce((sum, { count }) => sum + count, 0)

export interface Step {
  readonly about: string
  readonly says: string
  /** What to do, or undefined where only waiting helps. */
  readonly hint: string | undefined
  readonly command: string | undefined
}

/** What needs somebody's attention, sources first. */
export function nextSteps(health: Health): readonly Step[] {
  if (health.sources.length === 0) {
    const says =
      'No agent has reported since the server started. It needs root and a kernel with BTF; without them other doors work.'
    return [{ about: 'agent', says, hint: 'See what this machine allows:', command: 'margay doctor' }]
  }
  return [...health.sources.flatMap(stepOfSource), ...health.parts.flatMap(stepOfPart)]
}

function stepOfSource(source: Source): readonly Step[] {
  const missing = [...new Set(source.collectors.flatMap(({ missingFields }) => missingFields))]
  if (source.state === 'ready' && missing.length === 0) return []
  const without = missing.length > 0 ? ` Without it these fields stay absent: ${missing.join(', ')}.` : ''
  const worst = source.collectors.find(({ state }) => state === 'failed' || state === 'degraded')
  const says = `${sentence(worst?.says ?? source.says)}${without}`
  return [
    {
      about: source.id,
      says,
      hint: `On ${source.host ?? 'its host'}, see what is allowed and why:`,
      command: 'margay doctor',
    },
  ]
}

function stepOfPart({ name, state, says, hint }: Part): readonly Step[] {
  if (state !== 'degraded' && state !== 'failed') return []
  return [{ about: name, says: sentence(says), hint: hint && sentence(hint), command: undefined }]
}

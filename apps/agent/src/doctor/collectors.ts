// Collector by collector: what it will see here, and what not. The same names as in the health of a running agent.
import { collectors } from '../collectors/index.ts'
import { standIns } from '../collectors/report.ts'
import { withoutOf } from './fields.ts'
import type { Finding } from './report.ts'

export interface CollectorSources {
  /** Names of the kernel programs that load. */
  readonly programs: ReadonlySet<string>
  /** What was found out of collectors that live by something else, by their names. */
  readonly findings: ReadonlyMap<string, Finding>
  /** Why nothing at all can be collected, if so. */
  readonly problem: string | undefined
}

type Named = Pick<(typeof collectors)[number], 'name' | 'title' | 'doc' | 'programs'>

function judge(
  { name, title, doc, programs }: Named,
  { programs: loaded, findings, problem }: CollectorSources,
): Finding {
  const base = { name, title }
  if (problem !== undefined) return { ...base, verdict: 'missing', found: problem }
  const finding = findings.get(name)
  if (finding) return { ...finding, ...base }
  const lacking = programs.filter((program) => !loaded.has(program))
  // What stands in for another is never as good.
  if (lacking.length === 0) return { ...base, verdict: standIns.has(name) ? 'limited' : 'ok', found: doc }
  const verdict = lacking.length === programs.length ? 'missing' : 'limited'
  return { ...base, verdict, found: withoutOf(lacking), hint: `not loaded: ${lacking.join(', ')}; see above why` }
}

/** One finding for each collector; those that merely stand in for another only where that one does not work. */
export const judgeCollectors = (sources: CollectorSources): readonly Finding[] =>
  collectors
    .filter(({ name }) => !standIns.has(name) || !sources.programs.has('see_state'))
    .map((collector) => judge(collector, sources))

// The processes of each side, as their own agents saw them, with their pids. `-` and `*` are said in words.
import type { Scope } from '../../api/question.ts'
import { formatCount } from '../../format/number.ts'
import { useProcesses, type ProcessUse } from './use-subject-details.ts'
import css from './Panel.module.css'

const sides = [
  ['src', 'Processes at the source'],
  ['dst', 'Processes at the destination'],
] as const

const words: Readonly<Record<string, string>> = { '-': 'not recorded', '*': 'several', '': 'not recorded' }

export function Processes({ scope }: { readonly scope: Scope }) {
  const { data } = useProcesses(scope)
  if (!data) return null
  return sides.map(([reporter, title]) => {
    const uses = data.uses.filter((use) => use.reporter === reporter)
    if (uses.length === 0) return null
    return (
      <section key={reporter}>
        <h2>{title}</h2>
        <ul className={css.processes}>
          {uses.map((use) => (
            <li key={use.name}>
              <Name use={use} /> <span className="faint">{pidText(use.pids)}</span>
              <span className={css.right}>{formatCount(use.connections)}</span>
            </li>
          ))}
        </ul>
        {data.truncated && <p className="faint">The busiest; the table below has all.</p>}
      </section>
    )
  })
}

function Name({ use }: { readonly use: ProcessUse }) {
  const word = words[use.name]
  return word ? <span className="faint">{word}</span> : <span className="mono">{use.name}</span>
}

function pidText(pids: readonly string[]): string {
  const known = pids.filter((pid) => pid !== '-' && pid !== '*' && pid !== '')
  if (pids.includes('*')) return 'several pids'
  if (known.length === 0) return 'pid not recorded'
  return `pid ${known.join(', ')}`
}

// The names that a workload reached outside, with how often; as a list or as a network set they can be taken along.
import type { Scope } from '../../api/question.ts'
import { formatCount, plural } from '../../format/number.ts'
import { Button } from '../../ui/Button.tsx'
import { networkSetYaml } from './network-set.ts'
import { useDomains } from './use-subject-details.ts'
import css from './Panel.module.css'

interface Props {
  readonly scope: Scope
  /** What a network set of these names is called at first. */
  readonly name: string
}

/** Names shown; the copies hold all. */
const most = 8

export function Domains({ scope, name }: Props) {
  const { data } = useDomains(scope)
  const named = data?.uses.flatMap((use) => (use.name === undefined ? [] : { ...use, name: use.name })) ?? []
  if (!data || named.length === 0) return null
  const unnamed = data.uses.find((use) => use.name === undefined)?.connections ?? 0
  const names = named.map((use) => use.name)
  const copy = (text: string) => void navigator.clipboard.writeText(text)
  return (
    <section>
      <h2>Names asked for ({formatCount(named.length)})</h2>
      <ul className={css.processes}>
        {named.slice(0, most).map((use) => (
          <li key={use.name}>
            <span className="mono">{use.name}</span>
            <span className={css.right}>{formatCount(use.connections)}</span>
          </li>
        ))}
        {unnamed > 0 && (
          <li>
            <span className="faint">no name known</span>
            <span className={css.right}>{formatCount(unnamed)}</span>
          </li>
        )}
      </ul>
      {named.length > most && <p className="faint">{plural(named.length - most, 'more name')} in the copies.</p>}
      {data.truncated && <p className="faint">The commonest; there are more.</p>}
      <div className={css.actions}>
        <Button small icon="copy" onClick={() => copy(names.toSorted().join('\n'))}>
          Copy the names
        </Button>
        <Button small icon="copy" onClick={() => copy(networkSetYaml(name, names))}>
          Copy as a network set
        </Button>
      </div>
    </section>
  )
}

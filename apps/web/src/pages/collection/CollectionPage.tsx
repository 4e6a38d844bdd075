// Collection: what is recorded, by whom, how fast, what was lost and what stays absent; then the parts of the server and
// the tables. It says first what it finds, then what to do.
import type { Health } from '@margay/wire'
import { asProblem } from '../../api/problem.ts'
import { useHealth } from '../../shell/use-health.ts'
import { Command, Failed, Loading } from '../../ui/Message.tsx'
import { useZone } from '../../view/as-of.tsx'
import { collectionFinding, nextSteps } from './findings.ts'
import { PartsTable } from './PartsTable.tsx'
import { SourcesTable } from './SourcesTable.tsx'
import { TablesTable } from './TablesTable.tsx'
import css from './Collection.module.css'

export function CollectionPage() {
  const { data: health, error, isPending } = useHealth()
  const zone = useZone()
  return (
    <div className={css.page} tabIndex={0} role="region" aria-label="Collection">
      <Loading active={isPending} label="Asking the server for its state" />
      {!health && error && <Failed failure={asProblem(error)} />}
      {health && (
        <div className={css.inner}>
          <h1>{collectionFinding(health)}</h1>
          <NextSteps health={health} />
          <SourcesTable health={health} zone={zone} />
          <PartsTable health={health} zone={zone} />
          <TablesTable health={health} zone={zone} />
        </div>
      )}
    </div>
  )
}

function NextSteps({ health }: { readonly health: Health }) {
  const steps = nextSteps(health)
  if (steps.length === 0) return null
  return (
    <section className={css.card} aria-label="What to do next">
      <h2>What to do next</h2>
      <ul className={css.steps}>
        {steps.map(({ about, says, hint, command }) => (
          <li key={about}>
            <p>
              <b>{about}</b>: {says} {hint}
            </p>
            {command && <Command text={command} />}
          </li>
        ))}
      </ul>
    </section>
  )
}

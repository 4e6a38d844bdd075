// What can be done with a selection: look at its records in Explore, or keep it as a filter.
import type { Tree } from '@margay/graph'
import { Link } from '@tanstack/react-router'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { addPill, pill } from '../../view/pill.ts'
import { useView } from '../../view/use-view.ts'
import { writeView } from '../../view/view.ts'
import { subjectKql } from './subject.ts'
import css from './Panel.module.css'
import type { ReactNode } from 'react'

interface Props {
  readonly subject: string
  readonly tree: Tree
  readonly children?: ReactNode
}

export function PanelActions({ subject, tree, children }: Props) {
  const { view, changeView } = useView()
  const kql = subjectKql(subject, tree)
  const pills = addPill(view.pills, pill(kql))
  const out = addPill(view.pills, pill(kql, true))
  return (
    <section className={css.actions}>
      {children}
      <Link
        to="/explore"
        search={writeView({ ...view, pills, selection: undefined })}
        className={buttonClass({ small: true })}
      >
        Open in Explore
      </Link>
      <Button small onClick={() => changeView({ pills })} title="Only these records, on every page">
        Filter in
      </Button>
      <Button small onClick={() => changeView({ pills: out, selection: undefined })} title="All but these records">
        Filter out
      </Button>
    </section>
  )
}

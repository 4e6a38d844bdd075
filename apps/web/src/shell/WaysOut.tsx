// What to do where a time and its filters show nothing: a wider range, no filters, and whatever else the place offers.
import type { ReactNode } from 'react'
import { Button } from '../ui/Button.tsx'
import { useAsOf } from '../view/as-of.tsx'
import { zoomOut } from '../view/moment.ts'
import { toggleOff } from '../view/pill.ts'
import { useView } from '../view/use-view.ts'
import css from './WaysOut.module.css'

export function WaysOut({ children }: { readonly children?: ReactNode }) {
  const { view, changeView } = useView()
  const { now } = useAsOf()
  const isFiltered = useIsFiltered()
  return (
    <div className={css.ways}>
      {children}
      <Button onClick={() => changeView({ range: zoomOut(view.range, now) })}>Range twice as wide</Button>
      {isFiltered && (
        <Button
          onClick={() =>
            changeView({ query: '', pills: view.pills.map((pill) => (pill.off ? pill : toggleOff(pill))) })
          }
        >
          Empty the query, switch the filters off
        </Button>
      )}
    </div>
  )
}

/** Whether the page's query or filters leave anything out. */
export function useIsFiltered(): boolean {
  const { view } = useView()
  return view.query !== '' || view.pills.some(({ off }) => !off)
}

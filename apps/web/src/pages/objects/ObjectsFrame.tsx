// What every list of objects has around it: which lists there are, the finding in words, of which moment it is, what is not
// known, and the states of having nothing to show.
import { Link } from '@tanstack/react-router'
import type { AsOf } from '@margay/wire'
import type { ReactNode } from 'react'
import { sentence } from '../../format/sentence.ts'
import { formatTime } from '../../format/time.ts'
import { Button } from '../../ui/Button.tsx'
import { Banner, Empty, Failed, FailedBanner, Loading, type Failure } from '../../ui/Message.tsx'
import { useZone } from '../../view/as-of.tsx'
import { useAddress } from '../../view/use-view.ts'
import { sharedSearch } from '../../view/view.ts'
import { Nobody } from './Nobody.tsx'
import type { ObjectPages } from './use-object-pages.ts'
import css from './Objects.module.css'

const lists = [
  ['/endpoints', 'Endpoints'],
  ['/nodes', 'Nodes'],
  ['/network-sets', 'Network sets'],
] as const

interface Props {
  readonly title: string
  readonly finding: string | undefined
  readonly pages: Pick<ObjectPages<AsOf & { readonly total: number }>, 'first' | 'loading'> & {
    readonly error: Failure | undefined
  }
  readonly isNow: boolean
  readonly filtered: boolean
  readonly filters: ReactNode
  /** What they are for and how one comes to be, where there is none. */
  readonly none?: ReactNode
  /** What to do where nothing matches. */
  readonly onClear: () => void
  readonly children: ReactNode
}

export function ObjectsFrame({ title, finding, pages, isNow, filtered, filters, none, onClear, children }: Props) {
  const { first, error, loading } = pages
  const zone = useZone()
  return (
    <div className={css.page}>
      <header className={css.head}>
        <Tabs />
        <h1 className={css.finding}>{finding ?? title}</h1>
        <span className={css.moment}>{first && momentText(first, isNow, zone)}</span>
      </header>
      <div className={css.filters} role="search" aria-label={`Filter ${title.toLowerCase()}`}>
        {filters}
      </div>
      {error && first && <FailedBanner failure={error} />}
      {first && first.objects > 0 && first.unknown.map((fact) => <UnknownFact key={fact.what} fact={fact} />)}
      <div className={css.list}>
        <Loading active={loading} label={`Reading ${title.toLowerCase()}`} />
        {!first && error && (
          <Failed failure={error}>{filtered && <Button onClick={onClear}>Clear the filters</Button>}</Failed>
        )}
        {first?.objects === 0 && <Nobody first={first} />}
        {first && first.objects > 0 && first.total === 0 && (
          <Empty title={filtered ? 'None matches' : `There are no ${title.toLowerCase()}`}>
            {!filtered && (none ?? <p>None was there at that moment.</p>)}
            {filtered && (
              <>
                <p>The filters leave everything out.</p>
                <Button onClick={onClear}>Clear the filters</Button>
              </>
            )}
          </Empty>
        )}
        {first && first.total > 0 && children}
      </div>
    </div>
  )
}

/** The lists there are; time and filters of the traffic go along. */
function Tabs() {
  const address = useAddress()
  return (
    <nav className={css.tabs} aria-label="Objects">
      {lists.map(([path, label]) => (
        <Link
          key={path}
          to={path}
          search={sharedSearch(address)}
          activeOptions={{ includeSearch: false }}
          activeProps={{ 'aria-current': 'page' }}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}

const momentText = ({ at }: AsOf, isNow: boolean, zone: string): string =>
  isNow ? 'as they are now' : `as they were at ${formatTime(at, zone)}`

function UnknownFact({ fact: { what, why, hint } }: { readonly fact: AsOf['unknown'][number] }) {
  return (
    <Banner>
      <span>
        <b>Not known: {what}.</b> {sentence(why)} {hint && sentence(hint)}
      </span>
    </Banner>
  )
}

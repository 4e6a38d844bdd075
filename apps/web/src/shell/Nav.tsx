// The navigation: at the left, and at the bottom of a phone. It lists the pages that exist and takes time and filters
// along; below them stands what is being recorded.
import { Link } from '@tanstack/react-router'
import { formatRate, plural } from '../format/number.ts'
import { Icon } from '../ui/Icon.tsx'
import { sharedSearch } from '../view/view.ts'
import { useAddress } from '../view/use-view.ts'
import { Brand } from './Brand.tsx'
import { pages } from './pages.ts'
import { useHealth } from './use-health.ts'
import css from './Shell.module.css'

const inNavigation = pages.filter(({ beside }) => beside === undefined)

export function Nav() {
  const address = useAddress()
  return (
    <nav className={css.nav} aria-label="Main">
      <div className={css.brand}>
        <Brand />
        Margay
      </div>
      {inNavigation.map(({ path, label, short = label, icon }) => (
        <Link
          key={path}
          to={path}
          search={sharedSearch(address)}
          className={css.page ?? ''}
          activeOptions={{ includeSearch: false }}
          activeProps={{ 'aria-current': 'page' }}
        >
          <Icon name={icon} size={16} />
          <span className={css.label}>{label}</span>
          <span className={css.short}>{short}</span>
        </Link>
      ))}
      <Recording />
    </nav>
  )
}

/** One line of health: how many sources, how much, and whether anything was lost. */
function Recording() {
  const { data: health } = useHealth()
  if (!health) return null
  const rate = health.sources.reduce((sum, { rowsPerSecond }) => sum + rowsPerSecond, 0)
  const lost = [...health.sources, ...health.parts]
    .flatMap(({ lost }) => lost)
    .reduce((sum, { count }) => sum + count, 0)
  return (
    <div className={css.foot}>
      <b>{plural(health.sources.length, 'source')}</b>
      <span>{formatRate(rate)} recorded</span>
      <span className={lost > 0 ? css.lost : undefined}>
        {lost > 0 ? `${plural(lost, 'record')} lost` : 'nothing lost'}
      </span>
    </div>
  )
}

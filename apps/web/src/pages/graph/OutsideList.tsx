// Where a vertex goes outside of the cluster: the signs of the drawing as a list, for keyboard and screen reader too.
import { edgeId, type Outside, type OutsideKind } from '@margay/graph'
import { formatCount } from '../../format/number.ts'
import { Chip } from '../../ui/Chip.tsx'
import { Icon, type IconName } from '../../ui/Icon.tsx'
import { plainName } from './labels.ts'
import css from './Panel.module.css'

interface Props {
  readonly id: string
  readonly outside: readonly Outside[]
  readonly onSelect: (id: string) => void
}

const icons: { readonly [K in OutsideKind]: IconName } = {
  public: 'globe',
  private: 'private',
  set: 'networkSet',
  network: 'globe',
}

/** What it reaches, in words: a network's name, or the sets. */
export const outsideName = ({ kind, dest, names }: Outside): string =>
  kind === 'set' ? `${names.length > 1 ? 'Network sets' : 'Network set'} ${names.join(', ')}` : plainName(dest)

export function OutsideList({ id, outside, onSelect }: Props) {
  if (outside.length === 0) return null
  return (
    <section>
      <h2>Outside of the cluster</h2>
      <ul className={css.processes}>
        {outside.map((each) => (
          <li key={each.dest}>
            <Icon name={icons[each.kind]} size={12} />
            <button type="button" className={css.name} onClick={() => onSelect(edgeId(id, each.dest))}>
              {outsideName(each)}
            </button>
            <span className={css.right}>
              {each.denied && <Chip tone="deny">✕ some denied</Chip>} {formatCount(each.connections)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

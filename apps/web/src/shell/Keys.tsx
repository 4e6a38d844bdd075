// `?`: every key there is, by where it works.
import { IconButton } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { pages } from './pages.ts'
import css from './Overlay.module.css'

const everywhere = [
  ['/', 'go to the query bar'],
  ['Ctrl K', 'find a page, a field or an action'],
  ['t', 'choose the time'],
  ['[ ]', 'the range before and after'],
  ['l', 'live on and off'],
  ['r', 'ask again, as of now'],
  ['Esc', 'close the side panel'],
  ['?', 'these keys'],
] as const

const queryBar = [
  ['Enter', 'run the query'],
  ['↑ ↓', 'queries before and after'],
  ['Ctrl Space', 'suggest'],
  ['Esc', 'leave the query bar'],
] as const

const tables = [
  ['j k', 'row below and above'],
  ['← →', 'cell before and after'],
  ['Enter', 'open the row'],
  ['x', 'mark the row, several to copy'],
  ['f F', 'filter this value in and out'],
  ['.', 'menu of the endpoint, here and in the graph'],
  ['e', 'explain the verdict'],
  ['Space', 'pause what comes in live'],
] as const

type Entries = readonly (readonly [keys: string, does: string])[]

export function Keys({ onClose }: { readonly onClose: () => void }) {
  const goTo: Entries = pages.map(({ letter, label }) => [`g ${letter}`, label])
  const sections: readonly (readonly [title: string, entries: Entries])[] = [
    ['Everywhere', everywhere],
    ['Go to', goTo],
    ['Query bar', queryBar],
    ['Tables', tables],
  ]
  return (
    <Dialog label="Keys" width={640} onClose={onClose}>
      <div className={css.title}>
        <h2>Keys</h2>
        <IconButton icon="close" label="Close (Esc)" onClick={onClose} />
      </div>
      <div className={css.sections}>
        {sections.map(([title, entries]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {entries.map(([keys, does]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(' ').map((key, at) => (
                      <kbd key={at}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

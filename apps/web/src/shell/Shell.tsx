// What is around every page: banners, navigation, query bar, time, live, ribbon; and the keys that work everywhere.
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { Outlet, useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { PillBar } from '../query-bar/PillBar.tsx'
import { QueryBar, type QueryBarHandle } from '../query-bar/QueryBar.tsx'
import { Button, IconButton } from '../ui/Button.tsx'
import { useKeys } from '../ui/keys.ts'
import { AsOfProvider, useAsOf } from '../view/as-of.tsx'
import { defaultRange, endsNow } from '../view/moment.ts'
import { useAddress, useView } from '../view/use-view.ts'
import { sharedSearch } from '../view/view.ts'
import { Banners } from './Banners.tsx'
import { Keys } from './Keys.tsx'
import { Nav } from './Nav.tsx'
import { pages, type Page } from './pages.ts'
import { Palette } from './Palette.tsx'
import type { Action, Command } from './palette-commands.ts'
import { Ribbon } from './Ribbon.tsx'
import { TimeRange } from './TimeRange.tsx'
import css from './Shell.module.css'

export function Shell() {
  return (
    <AsOfProvider>
      <div className={css.app}>
        <a className={css.skip} href="#main">
          To the page
        </a>
        <Banners />
        <Nav />
        <TopBar />
        <div className={css.ribbon}>
          <Ribbon />
          <PillBar />
        </div>
        <main className={css.main} id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </AsOfProvider>
  )
}

/** Switches live mode; a range that ends earlier is moved to the present, with its width if that was relative. */
function useToggleLive(): () => void {
  const { changeView } = useView()
  return () =>
    changeView(({ live, range }) => {
      if (live) return { live: false }
      if (endsNow(range)) return { live: true }
      const from = 'ago' in range.from ? range.from : defaultRange.from
      return { live: true, range: { from, to: { ago: 0 } } }
    })
}

function TopBar() {
  const { view } = useView()
  const { refresh } = useAsOf()
  const toggleLive = useToggleLive()
  const bar = useRef<QueryBarHandle>(null)
  const [open, setOpen] = useState<'keys' | 'palette'>()
  const close = () => setOpen(undefined)
  const goTo = useGoTo()
  const act = useActions(toggleLive, () => setOpen('keys'))
  const scheme = useComputedColorScheme('light')
  useKeys({
    '/': () => bar.current?.focus(),
    '?': () => setOpen('keys'),
    'Ctrl+k': () => setOpen('palette'),
    l: toggleLive,
    r: refresh,
    ...Object.fromEntries(pages.map(({ letter, path }) => [`g ${letter}`, () => goTo(path)])),
  })
  const onCommand = (command: Command) => {
    if (command.kind === 'page') goTo(command.path)
    else if (command.kind === 'field') bar.current?.insertField(command.title)
    else act[command.action]()
  }
  return (
    <header className={css.top}>
      <div className={css.query}>
        <QueryBar ref={bar} />
      </div>
      <TimeRange />
      <Button className={css.live} aria-pressed={view.live} onClick={toggleLive} title="New records as they happen (l)">
        <i />
        Live
      </Button>
      <IconButton small={false} icon="refresh" label="Ask again, as of now (r)" onClick={refresh} />
      <span className={css.scheme}>
        <IconButton
          small={false}
          icon={scheme === 'dark' ? 'sun' : 'moon'}
          label={scheme === 'dark' ? 'Light colours' : 'Dark colours'}
          onClick={act.scheme}
        />
      </span>
      <span className={css.keys}>
        <IconButton small={false} icon="keyboard" label="Keys (?)" onClick={() => setOpen('keys')} />
      </span>
      {open === 'keys' && <Keys onClose={close} />}
      {open === 'palette' && <Palette onClose={close} onCommand={onCommand} />}
    </header>
  )
}

function useGoTo(): (path: Page['path']) => void {
  const navigate = useNavigate()
  const address = useAddress()
  return (path) => void navigate({ to: path, search: sharedSearch(address) })
}

function useActions(toggleLive: () => void, showKeys: () => void): Record<Action, () => void> {
  const { changeView } = useView()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  return {
    live: toggleLive,
    keys: showKeys,
    scheme: () => setColorScheme(scheme === 'dark' ? 'light' : 'dark'),
    link: () => void navigator.clipboard.writeText(location.href),
    clear: () => changeView(({ pills }) => ({ query: '', pills: pills.filter(({ pinned }) => pinned) })),
  }
}

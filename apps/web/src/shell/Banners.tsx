// Lines above everything that concern every page: invented data, a server of another version, a server that is silent.
import { asProblem } from '../api/problem.ts'
import { Button } from '../ui/Button.tsx'
import { Banner, FailedBanner } from '../ui/Message.tsx'
import { useHealth } from './use-health.ts'
import css from './Shell.module.css'

export function Banners() {
  const { data: health, error } = useHealth()
  const otherVersion = health && health.version !== __MARGAY_VERSION__
  return (
    <section className={css.banners} aria-label="Notices">
      {health?.demo && <div className={css.demo}>Demo data: an invented cluster. Nothing here happened.</div>}
      {otherVersion && (
        <Banner>
          <span>
            The server is version {health.version}, this page {__MARGAY_VERSION__}: reload to get the console that
            belongs to it.
          </span>
          <Button small onClick={() => location.reload()}>
            Reload
          </Button>
        </Banner>
      )}
      {error && <FailedBanner failure={asProblem(error)} />}
    </section>
  )
}

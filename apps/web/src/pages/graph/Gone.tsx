// The panel of a selection that nothing was seen of: why it is empty, and the ways on.
import { WaysOut } from '../../shell/WaysOut.tsx'
import { Button } from '../../ui/Button.tsx'
import css from './Panel.module.css'

interface Props {
  readonly label: string
  readonly onClear: () => void
}

export function Gone({ label, onClear }: Props) {
  return (
    <div className={css.panel}>
      <h1>{label}</h1>
      <p>Nothing of it was seen in this time with this query. It stays selected, so that another range can show it.</p>
      <WaysOut>
        <Button onClick={onClear}>Clear the selection</Button>
      </WaysOut>
    </div>
  )
}

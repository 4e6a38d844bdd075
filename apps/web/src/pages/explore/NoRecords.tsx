// Why the table is empty, and what to do next.
import { Link } from '@tanstack/react-router'
import type { LogType } from '@margay/model'
import { useHealth } from '../../shell/use-health.ts'
import { Button } from '../../ui/Button.tsx'
import { Command, Empty } from '../../ui/Message.tsx'
import { useAsOf } from '../../view/as-of.tsx'
import { zoomOut } from '../../view/moment.ts'
import { toggleOff } from '../../view/pill.ts'
import { useView } from '../../view/use-view.ts'

export function NoRecords({ type }: { readonly type: LogType }) {
  const { view, changeView } = useView()
  const { now } = useAsOf()
  const { data: health } = useHealth()
  const table = health?.tables.find(({ logType }) => logType === type.name)
  if (table?.rows === 0) return <NothingRecorded type={type} />
  const isFiltered = view.query !== '' || view.pills.some(({ off }) => !off)
  return (
    <Empty title={isFiltered ? 'No record matches in this time' : 'No records in this time'}>
      <p>
        {isFiltered
          ? 'The filter or the range leaves everything out. Widen the range, or switch the filters off one by one.'
          : 'Nothing was recorded then. Widen the range, or see in Collection what was recorded when.'}
      </p>
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
    </Empty>
  )
}

function NothingRecorded({ type }: { readonly type: LogType }) {
  return (
    <Empty title={`Nothing was recorded in the ${type.title} yet`}>
      <p>
        An agent records this machine’s traffic as soon as it runs with the rights it needs; records of another product
        are imported from files.
      </p>
      <Command text="margay doctor" />
      <Command text={`margay import ${type.name}.ndjson`} />
      <Link to="/collection">What is being recorded: Collection</Link>
    </Empty>
  )
}

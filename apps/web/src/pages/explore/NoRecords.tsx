// Why the table is empty, and what to do next.
import { Link } from '@tanstack/react-router'
import type { LogType } from '@margay/model'
import { useHealth } from '../../shell/use-health.ts'
import { useIsFiltered, WaysOut } from '../../shell/WaysOut.tsx'
import { Command, Empty } from '../../ui/Message.tsx'

export function NoRecords({ type }: { readonly type: LogType }) {
  const { data: health } = useHealth()
  const isFiltered = useIsFiltered()
  const table = health?.tables.find(({ logType }) => logType === type.name)
  if (table?.rows === 0) return <NothingRecorded type={type} />
  return (
    <Empty title={isFiltered ? 'No record matches in this time' : 'No records in this time'}>
      <p>
        {isFiltered
          ? 'The filter or the range leaves everything out. Widen the range, or switch the filters off one by one.'
          : 'Nothing was recorded then. Widen the range, or see in Collection what was recorded when.'}
      </p>
      <WaysOut />
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

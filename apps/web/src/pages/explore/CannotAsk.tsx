// In the place of the table while the query cannot be asked. What is wrong with it stands under the query, where it is mended.
import type { Problem } from '@margay/query'
import { Button } from '../../ui/Button.tsx'
import { Failed } from '../../ui/Message.tsx'
import { useView } from '../../view/use-view.ts'

export function CannotAsk({ problem }: { readonly problem: Problem }) {
  const { view, changeView } = useView()
  const failure = { message: 'the query cannot be asked', hint: problem.hint, code: 'query_cannot_be_asked' }
  return (
    <Failed failure={failure}>
      {view.query !== '' && <Button onClick={() => changeView({ query: '' })}>Empty the query</Button>}
    </Failed>
  )
}

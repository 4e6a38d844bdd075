// The button of denied-at-destination.ts. It is there when the query is about missing answers, where it matters.
import { useState } from 'react'
import { asProblem } from '../../api/problem.ts'
import type { Scope } from '../../api/question.ts'
import { Button } from '../../ui/Button.tsx'
import type { Pill } from '../../view/pill.ts'
import { askHiding } from './denied-at-destination.ts'

interface Props {
  readonly scope: Scope
  readonly onFilter: (pill: Pill) => void
}

export const isAboutAnswers = (query: string): boolean => /\b(?:bytes_in|packets_in|outcome)\b/.test(query)

export function HideDenied({ scope, onFilter }: Props) {
  const [said, setSaid] = useState<string>()
  const hide = async () => {
    setSaid('Asking…')
    try {
      const { pill, truncated } = await askHiding(scope)
      if (pill) onFilter(pill)
      setSaid(
        pill ? (truncated ? 'Covers the 60 conversations denied most.' : undefined) : 'No destination denied any.',
      )
    } catch (error) {
      setSaid(asProblem(error).message)
    }
  }
  return (
    <>
      <Button
        small
        look="quiet"
        title="Leaves out allowed records of sources whose destination denied the same conversation in this range"
        onClick={() => void hide()}
      >
        Hide denied at destination
      </Button>
      {said && <span role="status">{said}</span>}
    </>
  )
}

// Opening the records of an object: Explore, in the same time, with the object as a filter that can be taken away again.
import { useNavigate } from '@tanstack/react-router'
import { addPill, pill } from '../../view/pill.ts'
import { useView } from '../../view/use-view.ts'
import { writeView } from '../../view/view.ts'

export function useOpenRecords(): (kql: string) => void {
  const navigate = useNavigate()
  const { view } = useView()
  return (kql) => {
    const search = writeView({ ...view, pills: addPill(view.pills, pill(kql)), selection: undefined })
    void navigate({ to: '/explore', search })
  }
}

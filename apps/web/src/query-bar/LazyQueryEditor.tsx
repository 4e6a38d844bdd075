// The query editor, loaded beside the page and not before it. Until it is there, the query stands as text.
import { lazy, Suspense, type ComponentProps } from 'react'

const loading = import('./QueryEditor.tsx')

const Editor = lazy(async () => ({ default: (await loading).QueryEditor }))

export function LazyQueryEditor(props: ComponentProps<typeof Editor>) {
  return (
    <Suspense fallback={<span className="mono">{props.value}</span>}>
      <Editor {...props} />
    </Suspense>
  )
}

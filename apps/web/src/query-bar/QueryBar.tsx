// The query bar: KQL for every page. Enter asks it; what cannot be asked is underlined where it is wrong, and said below.
import { useImperativeHandle, useRef, useState, type Ref } from 'react'
import { sentence } from '../format/sentence.ts'
import { IconButton } from '../ui/Button.tsx'
import { useAsOf, useZone } from '../view/as-of.tsx'
import { useView } from '../view/use-view.ts'
import { storeQuery } from './history.ts'
import { queryProblem } from './kql.ts'
import { useLanguageContext } from './use-language-context.ts'
import { LazyQueryEditor } from './LazyQueryEditor.tsx'
import type { QueryEditorHandle } from './QueryEditor.tsx'
import { useLogType } from './use-log-type.ts'
import css from './QueryBar.module.css'

export interface QueryBarHandle {
  focus(): void
  /** Starts a clause with this field. */
  insertField(name: string): void
}

export function QueryBar({ ref }: { readonly ref: Ref<QueryBarHandle> }) {
  const { view, changeView } = useView()
  const { now, refresh } = useAsOf()
  const zone = useZone()
  const logType = useLogType()
  const context = useLanguageContext()
  const editor = useRef<QueryEditorHandle>(null)
  const [draft, setDraft] = useState(view.query)
  // The editor may still be on its way when somebody wants it.
  const [wanted, setWanted] = useState(false)
  const [seen, setSeen] = useState(view.query)
  if (seen !== view.query) {
    setSeen(view.query)
    setDraft(view.query)
  }
  useImperativeHandle(ref, () => ({
    focus: () => (editor.current ? editor.current.focus() : setWanted(true)),
    insertField: (name) => editor.current?.insertClause(`${name}: `),
  }))
  const problem = queryProblem(logType, view.query, view.pills, zone, now)
  const run = (text: string) => {
    storeQuery(text)
    if (text === view.query) refresh()
    else changeView({ query: text })
  }
  const looks = [css.bar, problem && css.wrong, draft !== view.query && css.changed].filter(Boolean).join(' ')
  return (
    <>
      <div className={looks}>
        <div className={css.editor}>
          <LazyQueryEditor
            ref={editor}
            value={view.query}
            label="Query in KQL"
            hint="Filter records, such as  action: deny and dest_namespace: payments"
            context={context}
            withHistory
            autoFocus={wanted}
            onRun={run}
            onChange={setDraft}
          />
        </div>
        {draft !== '' && (
          <IconButton className={css.run} icon="close" label="Empty the query" onClick={() => run('')} />
        )}
        <IconButton className={css.run} icon="forward" label="Run the query (Enter)" onClick={() => run(draft)} />
        <span className={css.slash} aria-hidden="true">
          /
        </span>
      </div>
      {problem && (
        <p className={css.problem} role="alert">
          {problem.message}. {problem.hint && <span>{sentence(problem.hint)}</span>}
        </p>
      )}
    </>
  )
}

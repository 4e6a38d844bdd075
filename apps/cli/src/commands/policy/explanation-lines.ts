// What both ways of explaining, of files and of the server, have in common: the options, the lines, and how they end.
import type { Verdict } from '@margay/policy'
import { CliError } from '../../fail.ts'
import type { Paint } from '../../output/paint.ts'
import { safeText } from '../../output/safe-text.ts'

/** What both ways of explaining are asked. */
export interface ExplainOptions {
  readonly from?: string
  readonly to?: string
  readonly protocol: string
  readonly pending?: boolean
  readonly expect?: Verdict
  readonly output: 'text' | 'json'
}

const verdictPaint: Readonly<Record<Verdict, (paint: Paint) => (text: string) => string>> = {
  allow: (paint) => paint.allow,
  deny: (paint) => paint.deny,
  unknown: (paint) => paint.warn,
}

interface Told {
  readonly headline: string
  readonly directions: readonly { readonly sentence: string; readonly fix?: { readonly text: string } | undefined }[]
}

/** As `printExplanation` words it, each line safe for a terminal. */
export function explanationLines({ headline, directions }: Told, verdict: Verdict, paint: Paint): readonly string[] {
  const [, flow = '', words = ''] = /^(.*: )(.*)$/s.exec(headline) ?? []
  return [
    safeText(flow) + verdictPaint[verdict](paint)(safeText(words)),
    ...directions.flatMap(({ sentence, fix }) => [
      safeText(sentence),
      ...(fix ? [paint.strong(`  to admit it: ${safeText(fix.text)}`)] : []),
    ]),
  ]
}

/** Throws where another verdict was expected. */
export function refuseOther(verdict: Verdict, { expect }: Pick<ExplainOptions, 'expect'>): void {
  if (!expect || expect === verdict) return
  throw new CliError(`the verdict is ${verdict}, and ${expect} was expected`, 1)
}

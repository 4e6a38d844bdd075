// `npm run -s conformance -- policy|selectors [FILE]`: runs cases of upstream projects, kept as data outside the project,
// against ours. Prints each failure with its source and, last, `N passed, N failed`; the exit code tells the same.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runPolicyCases } from './conformance/policy.ts'
import type { CaseResult } from './conformance/result.ts'
import { runSelectorCases } from './conformance/selectors.ts'

const root = join(import.meta.dirname, '..')

/** Where the cases lie: `MARGAY_CONFORMANCE`, else beside the project. */
export const conformanceDirectory = process.env.MARGAY_CONFORMANCE ?? join(root, '..', 'shared', 'conformance')

interface Suite {
  readonly file: string
  readonly run: (content: unknown) => readonly CaseResult[]
}

export const suites: Readonly<Record<string, Suite>> = {
  policy: { file: 'policy-cases.json', run: runPolicyCases },
  selectors: { file: 'selector-cases.json', run: runSelectorCases },
}

/** Runs one suite on a file and gives back what is to be printed. */
export function runSuite(suite: Suite, path: string): { readonly lines: readonly string[]; readonly failed: number } {
  const results = suite.run(JSON.parse(readFileSync(path, 'utf8')))
  const bad = results.filter((result) => result.failures.length > 0)
  const failures = bad.flatMap(({ title, source, failures }) => [
    title,
    `  source: ${source}`,
    ...failures.map((text) => `  ${text}`),
  ])
  return { lines: [...failures, `${results.length - bad.length} passed, ${bad.length} failed`], failed: bad.length }
}

function main(args: readonly string[]): number {
  const [word = '', file] = args
  const suite = Object.hasOwn(suites, word) ? suites[word] : undefined
  if (!suite) {
    process.stderr.write(`conformance: unknown suite "${word}"; one of ${Object.keys(suites).join(', ')}\n`)
    return 2
  }
  const path = file ?? join(conformanceDirectory, suite.file)
  if (!existsSync(path)) {
    process.stderr.write(
      `conformance: no file ${path}; name one, or set MARGAY_CONFORMANCE to the folder that holds ${suite.file}\n`,
    )
    return 2
  }
  const { lines, failed } = runSuite(suite, path)
  process.stdout.write(`${lines.join('\n')}\n`)
  return failed > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))

// The doctor's report for people: what is right in one line, what is not with what to do.
import type { DoctorReport, Finding, Verdict } from './report.ts'

const mark: Readonly<Record<Verdict, string>> = { ok: 'ok     ', limited: 'limited', missing: 'missing' }

const lineOf = ({ title, verdict, found, hint }: Finding) =>
  `  ${mark[verdict]}  ${title}: ${found}${verdict !== 'ok' && hint ? `\n             ${hint}` : ''}\n`

const arrives = ({ delivery }: DoctorReport) => delivery.every(({ verdict }) => verdict !== 'missing')

/** The report as text of several lines, the last one a summary. */
export function printReport(report: DoctorReport): string {
  const fields = report.fields.map(
    ({ fields: names, verdict, why }) => `  ${mark[verdict]}  ${names.join(', ')}\n             ${why}\n`,
  )
  const summary: Readonly<Record<Verdict, string>> = {
    ok: 'everything will be seen',
    limited: 'most will be seen; the lines marked limited say what not',
    missing: 'the lines marked missing say what will not be seen',
  }
  return [
    `Kernel ${report.kernel} on ${report.machine}\n`,
    ...report.findings.map(lineOf),
    'Programs in the kernel\n',
    ...report.programs.map(lineOf),
    'Collectors\n',
    ...report.collectors.map(lineOf),
    'Evidence of verdicts\n',
    ...report.evidence.map(lineOf),
    'Fields\n',
    ...fields,
    'On the way to the server\n',
    ...report.delivery.map(lineOf),
    `${summary[report.verdict]}${arrives(report) ? '' : '; nothing of it reaches the server now'}\n`,
  ].join('')
}

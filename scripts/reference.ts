// Writes the field reference of every log type from the catalogue to docs/reference/. `--check` only says whether the
// pages are current, for CI.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { logTypes, type Field, type LogType } from '@margay/model'

const folder = join(import.meta.dirname, '..', 'docs', 'reference')

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function mergeWord({ merge }: Field): string {
  if (merge === undefined) return ''
  return typeof merge === 'string' ? merge : `mean by \`${merge.meanBy}\``
}

function remarks(field: Field): string {
  const parts = [field.doc]
  if (field.values) parts.push(`Values: ${field.values.map((value) => `\`${value}\``).join(', ')}.`)
  if (field.deprecated) parts.push(`Deprecated: ${field.deprecated}.`)
  return cell(parts.join(' '))
}

/** The reference page of one log type. */
export function referencePage(type: LogType): string {
  const rows = Object.entries(type.fields).map(([name, field]) => {
    const kind = field.unit ? `${field.kind}, ${field.unit}` : field.kind
    return `| \`${name}\` | ${kind} | ${field.role} | ${mergeWord(field)} | ${field.ours ? 'ours' : ''} | ${remarks(field)} |`
  })
  return `# Fields of the ${type.title} (\`${type.name}\`)

<!-- Written by \`npm run reference\` from packages/model; edit the catalogue, not this page. -->

${type.doc}

A field marked *ours* is not one of Calico's published fields. *Role* says what the field is to the store: \`dimension\` comes from a set
that the inventory bounds, \`detail\` is chosen by the outside world or a process, \`measure\` adds up by the rule under *Merge*.

An absent text is stored empty and not printed, an empty list is absent, and \`-\` is a value: it says "not applicable".

| Field | Kind | Role | Merge | | |
|---|---|---|---|---|---|
${rows.join('\n')}
`
}

const pagePath = (type: LogType) => join(folder, `fields-${type.name}.md`)

if (import.meta.main) {
  mkdirSync(folder, { recursive: true })
  const stale = logTypes.filter((type) => {
    const page = referencePage(type)
    if (!process.argv.includes('--check')) writeFileSync(pagePath(type), page)
    return readFileSync(pagePath(type), 'utf8') !== page
  })
  for (const type of stale)
    process.stderr.write(`docs/reference/fields-${type.name}.md is not current; run npm run reference\n`)
  process.exitCode = stale.length > 0 ? 1 : 0
}

// Reference pages of what the server understands: its options and its API. Written by `npm test -- reference -u` from the
// declarations themselves; the test holds them current.
import { optionsOf } from '@margay/kit'
import { apiPrefix, routeList } from '@margay/wire'
import type { Route } from '@margay/wire'
import { problemKinds } from './http/problem.ts'
import { serverConfig } from './config.ts'

const written = '<!-- Written by `npm test -- apps/server/src/reference -u`; edit the declarations, not this page. -->'
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function defaultText(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

export function optionsPage(): string {
  const rows = optionsOf(serverConfig).map(
    ({ flag, env, doc, defaultValue, secret }) =>
      `| \`${flag}\` | \`${env}\` | ${secret ? '' : defaultText(defaultValue)} | ${cell(doc)} |`,
  )
  return `# Options of the server

${written}

A flag beats a variable, a variable beats the default. \`--check\` says whether the options are right, \`--dump\` prints what is in
force, \`--help\` this list.

| Flag | Variable | Default | |
|---|---|---|---|
${rows.join('\n')}
`
}

interface Described {
  readonly shape?: Record<string, { readonly description?: string }>
  /** Of a union: its forms. */
  readonly options?: readonly Described[]
}

/** Members of an object schema with their sentences; of a union, those of each form. */
function members(schema: Route['body'] | Described): string {
  const { shape, options } = (schema ?? {}) as Described
  if (options) return options.map(members).join('\nor\n\n')
  if (!shape) return ''
  const lines = Object.entries(shape).map(([name, { description }]) =>
    description === undefined ? `- \`${name}\`` : `- \`${name}\`: ${description}`,
  )
  return `${lines.join('\n')}\n`
}

function routeSection(route: Route): string {
  const { method, path, summary, doc, body, bodyType, search, answer, answerType, headers } = route
  const parts = [`## ${method} ${apiPrefix}${path}\n\n${summary}. ${doc}\n`]
  if (search) parts.push(`Parameters:\n\n${members(search)}`)
  if (body) parts.push(`Body (JSON):\n\n${members(body)}`)
  if (bodyType) parts.push(`Body: \`${bodyType}\`.\n`)
  if (headers)
    parts.push(
      `Headers:\n\n${Object.entries(headers)
        .map(([name, text]) => `- \`${name}\`: ${text}\n`)
        .join('')}`,
    )
  if (answer) parts.push(`Answer (JSON):\n\n${members(answer)}`)
  if (answerType) parts.push(`Answer: \`${answerType}\`.\n`)
  return parts.join('\n')
}

export function apiPage(): string {
  const problems = Object.entries(problemKinds).map(
    ([code, { status, title, hint }]) => `| \`${code}\` | ${status} | ${cell(title)} | ${cell(hint)} |`,
  )
  return `# The HTTP API

${written}

The same, for programs, is at \`${apiPrefix}/openapi.json\`. Integers over 2^53 are bare digits in JSON: parse them exactly. Answers
are compressed with zstd or gzip where the client takes it, and carry \`X-Margay-Version\`.

${routeList.map(routeSection).join('\n')}
## Errors

Every error is \`application/problem+json\` with a stable \`code\`, a \`detail\` that names the thing and the value, a \`hint\`, and,
where it is about a query, \`at\`: the characters from and to.

| Code | Status | What it means | What to do |
|---|---|---|---|
${problems.join('\n')}
`
}

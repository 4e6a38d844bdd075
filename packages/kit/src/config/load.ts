// From environment and command line to a checked config. A flag beats a variable, a variable beats the default; whatever is
// wrong is told at once, each with its name, its value and what is expected. Reads nothing by itself: argv and env are given.
import type { z } from 'zod'
import type { OptionInfo } from './option.ts'
import { optionsOf } from './option.ts'

/** One or more options are wrong; the message lists all, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface LoadedConfig<C> {
  /** What the process is to do: run, or print `text` and end. */
  readonly action: 'run' | 'print'
  readonly config: C
  readonly text: string
}

interface Given {
  readonly text: string
  /** Where it was given, for messages: `--port` or `MARGAY_PORT`. */
  readonly where: string
}

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
  }
  return row[b.length]!
}

function unknownFlag(flag: string, options: readonly OptionInfo[]): string {
  const nearest = options.map((one) => one.flag).sort((a, b) => distance(a, flag) - distance(b, flag))[0]
  const near = nearest !== undefined && distance(nearest, flag) <= flag.length / 2
  return `unknown option "${flag}"${near ? `; did you mean ${nearest}?` : '; --help lists all'}`
}

/** Reads `--name value`, `--name=value`, `--flag` and `--no-flag`. */
function readFlags(
  argv: readonly string[],
  options: readonly OptionInfo[],
  problems: string[],
): Map<OptionInfo, Given> {
  const given = new Map<OptionInfo, Given>()
  const left = [...argv]
  while (left.length > 0) {
    const word = left.shift()!
    const [flag, ...rest] = word.split('=')
    const inline = rest.length > 0 ? rest.join('=') : undefined
    const negated = options.find((one) => one.form === 'flag' && one.flag.replace('--', '--no-') === flag)
    const found = options.find((one) => one.flag === flag)
    if (negated) given.set(negated, { text: 'false', where: flag! })
    else if (!found) problems.push(unknownFlag(flag!, options))
    else if (found.form === 'flag') given.set(found, { text: inline ?? 'true', where: found.flag })
    else if (inline === undefined && left.length === 0) problems.push(`option ${found.flag} needs a value`)
    else given.set(found, { text: inline ?? left.shift()!, where: found.flag })
  }
  return given
}

const flagWords: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  false: false,
  '0': false,
  no: false,
  '': false,
}

/** The value that the schema is asked about. A text that does not fit its form is passed on, and the schema refuses it. */
function valueOf(form: OptionInfo['form'], text: string): unknown {
  if (form === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
  if (form === 'flag') return flagWords[text.toLowerCase()] ?? text
  return form === 'list' ? text.split(',').filter((part) => part !== '') : text
}

type Tree = { [name: string]: unknown }

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path
  if (rest.length === 0) tree[name!] = value
  else setAt((tree[name!] ??= {}) as Tree, rest, value)
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Tree | undefined)?.[name], tree)
}

/** Sections exist even where nothing was given, so that their defaults apply. */
function treeOf(options: readonly OptionInfo[], given: ReadonlyMap<OptionInfo, Given>): Tree {
  const tree: Tree = {}
  for (const one of options) {
    const text = given.get(one)?.text
    setAt(tree, one.path, text === undefined ? undefined : valueOf(one.form, text))
  }
  return tree
}

function problemText(issue: z.core.$ZodIssue, options: readonly OptionInfo[], given: ReadonlyMap<OptionInfo, Given>) {
  const found = options.find((one) => one.path.every((name, index) => issue.path[index] === name))
  const one = found && given.get(found)
  const message = issue.message.replace(/^[A-Z]/, (letter) => letter.toLowerCase())
  if (!found) return message
  if (!one) return `option ${found.flag} (${found.env}) is missing: ${message}`
  return `option ${one.where}: ${message}, got "${found.secret ? '[REDACTED]' : one.text}"`
}

function show(value: unknown): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What is in force, one variable a line, as it would be given; secrets are not shown. */
function dump(options: readonly OptionInfo[], config: unknown): string {
  const lines = options.map((one) => {
    const value = valueAt(config, one.path)
    return `${one.env}=${one.secret && value !== undefined ? '[REDACTED]' : show(value)}`
  })
  return `${lines.join('\n')}\n`
}

/** The options with their sentences, for `--help` and the reference page. */
export function describeOptions(schema: z.ZodObject): string {
  const lines = optionsOf(schema).map((one) => {
    const standard =
      one.defaultValue === undefined || one.secret ? '' : ` Default: ${show(one.defaultValue) || 'none'}.`
    return `${one.flag}  (${one.env})\n    ${one.doc}${standard}`
  })
  return `${lines.join('\n')}\n`
}

/**
 * Checks what was given against the schema. `--check` says that it is right, `--dump` prints what is in force, `--help`
 * the options. Throws ConfigError with every problem.
 */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  given: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> },
): LoadedConfig<z.output<S>> {
  const options = optionsOf(schema)
  const wants = (word: string) => given.argv.includes(word)
  const problems: string[] = []
  const flags = readFlags(
    given.argv.filter((word) => !['--check', '--dump', '--help'].includes(word)),
    options,
    problems,
  )
  const values = new Map<OptionInfo, Given>()
  for (const one of options) {
    const variable = given.env[one.env]
    const value = flags.get(one) ?? (variable === undefined ? undefined : { text: variable, where: one.env })
    if (value) values.set(one, value)
  }
  if (wants('--help')) return { action: 'print', config: {} as z.output<S>, text: describeOptions(schema) }
  const read = schema.safeParse(treeOf(options, values))
  if (!read.success) problems.push(...read.error.issues.map((issue) => problemText(issue, options, values)))
  if (problems.length > 0 || !read.success) throw new ConfigError(problems.join('\n'))
  const text = wants('--dump') ? dump(options, read.data) : 'the configuration is right\n'
  return { action: wants('--dump') || wants('--check') ? 'print' : 'run', config: read.data, text }
}

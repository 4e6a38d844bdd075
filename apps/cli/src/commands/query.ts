// `margay query`: a question to the store, as table, JSON, NDJSON or CSV.
import type { Field, LogType, Row, Value } from '@margay/model'
import { logType, printJsonExact, readRow } from '@margay/model'
import type { Measure } from '@margay/query'
import type { AnswerOf, BodyOf } from '@margay/wire'
import { csvCells, csvHead, csvLine, csvText } from '@margay/wire'
import { Command, Option } from 'commander'
import { measuredField, parseMeasure } from '../ask/measure.ts'
import { parseDuration, parseRange } from '../ask/moment.ts'
import type { Context } from '../context.ts'
import { zoneOf } from '../context.ts'
import { CliError } from '../fail.ts'
import { formatCount } from '../output/numbers.ts'
import type { Column } from '../output/table.ts'
import { tableLines } from '../output/table.ts'
import { formatFigure, formatValue, isNumeric } from '../output/value.ts'
import type { RangeOptions } from './options.ts'
import { addRange, several, typeOption, wholeNumber } from './options.ts'

interface Options extends RangeOptions {
  readonly type: string
  readonly by?: readonly string[]
  readonly every?: string
  readonly measure?: readonly string[]
  readonly fields?: readonly string[]
  readonly sort?: string
  readonly ascending?: boolean
  readonly limit: number
  readonly counted?: boolean
  readonly output: 'table' | 'json' | 'ndjson' | 'csv'
}

type Question = BodyOf<'query'>
type Select = Question['select']
type Groups = Extract<AnswerOf<'query'>['answer'], { kind: 'groups' }>
type Rows = Extract<AnswerOf<'query'>['answer'], { kind: 'rows' }>

/** What one answer of the server may hold. */
const maxLimit = 10_000

/** A column of a table of groups: how its head reads and which field says how its values are printed. */
interface GroupColumn {
  readonly name: string
  readonly field: Field | undefined
}

interface Plan {
  readonly type: LogType
  readonly select: Select
  readonly columns: readonly GroupColumn[]
}

function knownFields(type: LogType, names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !Object.hasOwn(type.fields, name))
  if (unknown === undefined) return names
  throw new CliError(
    `unknown field "${unknown}" on log type "${type.name}"; "margay fields ${type.name}" lists them`,
    2,
  )
}

function bucketSeconds(text: string): number {
  const seconds = parseDuration(text)
  if (seconds === undefined) throw new CliError(`cannot read the width "${text}"; write it as 10s, 1m, 1h`, 2)
  return seconds
}

function planGroups(type: LogType, options: Options): Plan {
  const by = knownFields(type, options.by ?? [])
  const measures = (options.measure ?? ['rows']).map((text) => parseMeasure(text, type))
  knownFields(
    type,
    measures.flatMap(([, measure]) => measuredField(measure) ?? []),
  )
  const bucket = options.every === undefined ? undefined : bucketSeconds(options.every)
  const [first] = measures[0]!
  const keys: GroupColumn[] = by.map((name) => ({ name, field: type.fields[name] }))
  if (bucket !== undefined) keys.unshift({ name: 'time', field: type.fields[type.time] })
  return {
    type,
    select: {
      kind: 'groups',
      by: [...(bucket === undefined ? [] : [{ timeBucket: bucket }]), ...by.map((field) => ({ field }))],
      measures: Object.fromEntries(measures),
      // Buckets of time read best in their order; everything else with the largest first.
      ...((options.sort !== undefined || bucket === undefined) && {
        sort: { measure: options.sort ?? first, descending: options.ascending !== true },
      }),
      limit: options.limit,
    },
    columns: [...keys, ...measures.map(([name, measure]) => ({ name, field: fieldOf(type, measure) }))],
  }
}

function fieldOf(type: LogType, measure: Measure): Field | undefined {
  const name = measuredField(measure)
  return name === undefined ? undefined : type.fields[name]
}

function planRows(type: LogType, options: Options): Plan {
  const wanted = options.fields ?? (options.output === 'table' ? type.columns : undefined)
  const fields = wanted && knownFields(type, wanted)
  const sort = { field: options.sort ?? type.time, descending: options.ascending !== true }
  knownFields(type, [sort.field])
  return {
    type,
    select: { kind: 'rows', ...(fields && { fields: [...fields] }), sort, limit: options.limit },
    columns: (fields ?? Object.keys(type.fields)).map((name) => ({ name, field: type.fields[name] })),
  }
}

const isGrouped = ({ by, every, measure }: Options) => by !== undefined || every !== undefined || measure !== undefined

function rowOf(type: LogType, record: Readonly<Record<string, unknown>>): Row {
  const read = readRow(type, record, Number.MAX_SAFE_INTEGER)
  return read.ok ? read.row : {}
}

/** Values of each row in the order of the columns. */
function valuesOf({ type, columns }: Plan, answer: Rows | Groups): (Value | undefined)[][] {
  if (answer.kind === 'rows') {
    return answer.rows.map((record) => {
      const row = rowOf(type, record)
      return columns.map(({ name }) => row[name])
    })
  }
  return answer.groups.map(({ key, measures }) =>
    columns.map(({ name }, index) => (index < key.length ? key[index] : measures[name]) as Value | undefined),
  )
}

async function printTable(context: Context, plan: Plan, answer: Rows | Groups): Promise<void> {
  const options = { now: context.now(), utc: context.utc }
  const cells = valuesOf(plan, answer).map((values) =>
    values.map((value, index) => {
      const { field } = plan.columns[index]!
      return field ? formatValue(value, field, options) : formatFigure(value)
    }),
  )
  const columns: Column[] = plan.columns.map(({ name, field }) => ({
    title: name,
    numeric: !field || isNumeric(field),
  }))
  await context.output.out(
    tableLines(columns, cells, context.paint)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

/** Groups as objects: keys and measures beside each other. */
const groupObject = ({ columns }: Plan, values: readonly (Value | undefined)[]) =>
  Object.fromEntries(columns.map(({ name }, index) => [name, values[index] ?? null]))

const objectsOf = (plan: Plan, answer: Rows | Groups): readonly object[] =>
  answer.kind === 'rows' ? answer.rows : valuesOf(plan, answer).map((values) => groupObject(plan, values))

async function printCsv({ output }: Context, plan: Plan, answer: Rows | Groups): Promise<void> {
  const options = { fields: plan.columns.map(({ name }) => name), formulas: 'harmless' as const }
  await output.out(csvHead(options))
  if (answer.kind === 'rows') {
    for (const record of answer.rows) await output.out(csvLine(plan.type, rowOf(plan.type, record), options))
    return
  }
  for (const values of valuesOf(plan, answer)) {
    await output.out(csvCells(values.map((value) => csvText(value ?? undefined, options.formulas))))
  }
}

async function print(context: Context, plan: Plan, answer: Rows | Groups, form: Options['output']): Promise<void> {
  const { output } = context
  if (form === 'table') return printTable(context, plan, answer)
  if (form === 'csv') return printCsv(context, plan, answer)
  if (form === 'json') return output.out(`${printJsonExact(objectsOf(plan, answer))}\n`)
  for (const object of objectsOf(plan, answer)) await output.out(`${printJsonExact(object)}\n`)
}

/** What people should know of an answer beside it, on standard error. */
function footnote(
  { output, paint }: Context,
  answer: Rows | Groups,
  effort: AnswerOf<'query'>['effort'],
  limit: number,
) {
  if (!output.errIsTerminal) return
  const count = answer.kind === 'rows' ? answer.rows.length : answer.groups.length
  const more = answer.kind === 'rows' ? answer.cursor !== undefined : answer.truncated
  const what = answer.kind === 'rows' ? 'rows' : 'groups'
  const cut = more
    ? `; there are more, ${limit < maxLimit ? `--limit ${Math.min(limit * 10, maxLimit)}` : '"margay export"'} shows them`
    : ''
  const cost = `${formatCount(effort.rowsRead)} rows read in ${Math.round(effort.elapsedMs)} ms`
  output.err(
    `${paint.faint(`${formatCount(count)} ${what}${cut} · ${cost} · ${effort.exact ? '= exact' : '≈ estimated'}`)}\n`,
  )
}

async function query(context: Context, kql: string | undefined, options: Options): Promise<void> {
  const type = logType(options.type)!
  if (options.limit > maxLimit) {
    throw new CliError(`--limit ${options.limit} is over ${maxLimit}; "margay export" writes any number of rows`, 2)
  }
  const plan = isGrouped(options) ? planGroups(type, options) : planRows(type, options)
  const body: Question = {
    logType: type.name,
    range: parseRange(options, { ago: 3600 }, context.now(), context.utc),
    query: kql ?? '',
    zone: zoneOf(context),
    reports: options.counted ? 'counted' : 'every',
    select: plan.select,
  }
  const { answer, effort } = await context.client.post('query', body)
  await print(context, plan, answer, options.output)
  footnote(context, answer, effort, options.limit)
}

const examples = `
Examples:
  margay query 'action: deny' --since 1h
  margay query --by source_namespace,dest_namespace --measure sum:bytes_out,rows --counted
  margay query 'dest_name_aggr: pub' --by dest_domains --measure distinct:source_name,sum:bytes_out
  margay query --every 5m --measure rows --by action --since 6h
  margay query -t dns 'rcode: NXDOMAIN' --by qname --measure count
  margay query 'tcp_total_retransmissions > 0' --sort tcp_total_retransmissions --limit 20 -o csv

Measures: rows, sum:FIELD, max:FIELD, min:FIELD, mean:FIELD, distinct:FIELD, p95:FIELD. --counted leaves out the
second report of a conversation, so that totals count it once: the source's counts, or the destination's where the
filter leaves the source's out. Without --since the last hour is asked.`

export function queryCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('query')
    .description('ask the store a question in KQL')
    .argument('[kql]', 'filter; everything where absent')
    .addOption(typeOption())
    .option('--by <fields>', 'group by these fields', several)
    .option('--every <width>', 'group by time: 10s, 1m, 1h')
    .option('-m, --measure <measures>', 'what to measure in each group', several)
    .option('--fields <fields>', 'columns of rows', several)
    .option('--sort <name>', 'field of rows or measure of groups')
    .option('--ascending', 'smallest or oldest first')
    .option('--limit <n>', 'rows or groups at the most', wholeNumber, 100)
    .option('--counted', 'count each conversation once')
    .addOption(new Option('-o, --output <form>', 'form').choices(['table', 'json', 'ndjson', 'csv']).default('table'))
    .addHelpText('after', examples)
  addRange(command)
  return command.action((kql: string | undefined, options: Options) => query(contextOf(command), kql, options))
}

// `margay export`: all rows of a search as a file.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { parseRange } from '../ask/moment.ts'
import { pathOf } from '../client.ts'
import type { Context } from '../context.ts'
import { zoneOf } from '../context.ts'
import { CliError } from '../fail.ts'
import type { RangeOptions } from './options.ts'
import { addRange, typeOption, wholeNumber } from './options.ts'

interface Options extends RangeOptions {
  readonly type: string
  readonly output: 'csv' | 'ndjson'
  readonly file?: string
  readonly fields?: string
  readonly limit?: number
  readonly rawFormulas?: boolean
}

async function exportRows(context: Context, kql: string | undefined, options: Options): Promise<void> {
  const { from, to } = parseRange(options, { at: 0 }, context.now(), context.utc)
  const search = {
    logType: options.type,
    query: kql,
    zone: zoneOf(context),
    from: from.at,
    to: to.at,
    fields: options.fields,
    limit: options.limit,
    formulas: options.output === 'csv' && options.rawFormulas ? 'raw' : undefined,
  }
  const path = pathOf(options.output === 'csv' ? 'exportCsv' : 'exportNdjson', search)
  const response = await context.client.open(path, { signal: context.signal, query: kql ?? '' })
  const body = Readable.fromWeb(response.body as never)
  if (options.file !== undefined) return pipeline(body, createWriteStream(options.file)).catch(failed(options.file))
  for await (const piece of body.setEncoding('utf8')) await context.output.out(piece as string)
}

const failed = (file: string) => (error: unknown) => {
  throw new CliError(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`, 1, {
    cause: error,
  })
}

const examples = `
Examples:
  margay export 'action: deny' --since 24h > denied.csv
  margay export -o ndjson --since 2026-11-25 --file day.ndjson
  margay export -t dns 'rcode: NXDOMAIN' --fields qname,client_name,count

Without --since everything is exported. A text that a spreadsheet would run as a formula gets an apostrophe in front;
--raw-formulas leaves it as it is.`

export function exportCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('export')
    .description('write all rows of a search as CSV or NDJSON')
    .argument('[kql]', 'filter; everything where absent')
    .addOption(typeOption())
    .addOption(new Option('-o, --output <form>', 'form').choices(['csv', 'ndjson']).default('csv'))
    .option('--file <path>', 'write there and not to standard output')
    .option('--fields <fields>', 'columns, with commas between them')
    .option('--limit <n>', 'rows at the most', wholeNumber)
    .option('--raw-formulas', 'CSV: leave texts that look like formulas as they are')
    .addHelpText('after', examples)
  addRange(command)
  return command.action((kql: string | undefined, options: Options) => exportRows(contextOf(command), kql, options))
}

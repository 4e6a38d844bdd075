// `margay fields`: the catalogue, for whoever writes a filter.
import { logType, logTypes } from '@margay/model'
import { Argument, Command } from 'commander'
import type { Context } from '../context.ts'
import { tableLines } from '../output/table.ts'

async function fields({ output, paint }: Context, name: string): Promise<void> {
  const type = logType(name)!
  const rows = Object.entries(type.fields).map(([field, { kind, unit, doc }]) => [
    field,
    unit === undefined ? kind : `${kind}, ${unit}`,
    doc,
  ])
  const columns = [{ title: 'field' }, { title: 'kind' }, { title: 'what it is' }]
  await output.out(
    tableLines(columns, rows, paint)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

export function fieldsCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('fields')
    .description('list the fields of a log type')
    .addArgument(new Argument('[log]').choices(logTypes.map((type) => type.name)).default('flows'))
  return command.action((name: string) => fields(contextOf(command), name))
}

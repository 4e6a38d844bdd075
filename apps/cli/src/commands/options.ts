// Options that several commands share.
import { logTypes } from '@margay/model'
import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'

/** Collects the values of a flag that may come several times; commas separate too. */
export const several = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(',').filter((part) => part !== ''),
]

export function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number over 0 is expected')
  return number
}

export interface RangeOptions {
  readonly since?: string
  readonly until?: string
}

export function addRange(command: Command): Command {
  return command
    .option('--since <time>', 'from then on: 10m, 1h30m, 7d, 13:48, 2026-11-25T13:48, Unix seconds')
    .option('--until <time>', 'until then, in the same forms')
}

export function addQuery(command: Command): Command {
  return command.option('-q, --query <kql>', 'filter in KQL, beside what the flags say')
}

export const typeOption = (types: readonly string[] = logTypes.map(({ name }) => name)) =>
  new Option('-t, --type <log>', 'log type').choices(types).default('flows')

const filters: readonly (readonly [flag: string, doc: string])[] = [
  ['-n, --namespace <name>', 'namespace at either end'],
  ['--from-namespace <name>', 'namespace of the source'],
  ['--to-namespace <name>', 'namespace of the destination'],
  ['--pod <[ns/]name>', 'pod or workload at either end'],
  ['--from-pod <[ns/]name>', 'pod or workload that starts it'],
  ['--to-pod <[ns/]name>', 'pod or workload that answers'],
  ['--label <key[=value]>', 'label at either end'],
  ['--from-label <key[=value]>', 'label of the source'],
  ['--to-label <key[=value]>', 'label of the destination'],
  ['--ip <address>', 'address or block at either end'],
  ['--from-ip <address>', 'address or block of the source'],
  ['--to-ip <address>', 'address or block of the destination'],
  ['--to-service <[ns/]name>', 'Kubernetes service that was dialled'],
  ['--to-domain <name>', 'name that the client looked up before'],
  ['-p, --port <port>', 'port of the destination'],
  ['--protocol <name>', 'tcp, udp, icmp, …'],
  ['-v, --verdict <verdict>', 'allow or deny'],
  [
    '--outcome <outcome>',
    'established, refused, unanswered, dropped, reset; of lookups answered, unanswered, malformed',
  ],
  ['--process <name>', 'program at the reporter'],
  ['--policy <[ns/]name>', 'policy in the enforced trace, or its id'],
  ['--node <name>', 'node whose agent reports'],
  ['--reporter <side>', 'src, dst or fwd'],
]

/** Filters as flags. A flag may come several times: its values are alternatives; `*` stands for anything. */
export function addFilters(command: Command): Command {
  for (const [flag, doc] of filters) command.addOption(new Option(flag, doc).argParser(several).helpGroup('Filters:'))
  return command
}

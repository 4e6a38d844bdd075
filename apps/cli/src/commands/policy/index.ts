// `margay policy`: everything that can be asked of policies: of the server's, at any moment, and of files, with no server and
// no cluster.
import { Command } from 'commander'
import type { Context } from '../../context.ts'
import { policyEndpointsCommand } from './endpoints.ts'
import { explainCommand } from './explain.ts'
import { lintCommand } from './lint.ts'
import { listCommand } from './list.ts'
import { recommendCommand } from './recommend.ts'
import { simulateCommand } from './simulate.ts'

const subcommands = [
  listCommand,
  policyEndpointsCommand,
  explainCommand,
  simulateCommand,
  lintCommand,
  recommendCommand,
] as const

const about = `
list and endpoints ask the server; explain and simulate ask it unless files are named (--policies, --flows); lint and
recommend work on files alone, with no server and no cluster. Kubernetes NetworkPolicy, Admin- and
ClusterNetworkPolicy, Calico's policies and tiers, Cilium's. How verdicts are reached: docs/policy.md.`

export function policyCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('policy')
    .description('list, explain, check, try and write policies')
    .addHelpText('after', about)
    // How errors and help are written is the program's, which adds this command after its own have been added.
    .hook('preSubcommand', (self, subcommand) => void subcommand.copyInheritedSettings(self))
  for (const make of subcommands) command.addCommand(make(contextOf))
  return command
}

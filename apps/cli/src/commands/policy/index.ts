// `margay policy`: everything that can be asked of policies as files, with no server and no cluster.
import { Command } from 'commander'
import type { Context } from '../../context.ts'
import { explainCommand } from './explain.ts'
import { lintCommand } from './lint.ts'
import { recommendCommand } from './recommend.ts'
import { simulateCommand } from './simulate.ts'

const subcommands = [explainCommand, lintCommand, simulateCommand, recommendCommand] as const

const about = `
Works on files alone: no server, no cluster. Kubernetes NetworkPolicy, Admin- and ClusterNetworkPolicy, Calico's policies
and tiers, Cilium's. How verdicts are reached: docs/policy.md.`

export function policyCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('policy')
    .description('explain, check, try and write policies, on files')
    .addHelpText('after', about)
    // How errors and help are written is the program's, which adds this command after its own have been added.
    .hook('preSubcommand', (self, subcommand) => void subcommand.copyInheritedSettings(self))
  for (const make of subcommands) command.addCommand(make(contextOf))
  return command
}

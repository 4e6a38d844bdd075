// `margay doctor`: what this machine lets the agent see, field by field. The agent itself looks and says.
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { runProgram } from '../run-program.ts'

export function doctorCommand(contextOf: (command: Command) => Context): Command {
  const command = new Command('doctor')
    .description('check what can and cannot be seen on this machine')
    .option('--json', 'for programs')
    .addHelpText('after', '\nRun it as root to check what the agent would be allowed to see.')
  return command.action((options: { readonly json?: boolean }) =>
    runProgram('agent', ['doctor', ...(options.json ? ['--json'] : [])], contextOf(command).signal),
  )
}

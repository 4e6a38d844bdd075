// The command line: global options, commands, and how each ends.
import { Command, CommanderError, Option } from 'commander'
import type { Client } from './client.ts'
import { createClient, defaultServer } from './client.ts'
import { commands } from './commands/index.ts'
import type { Context, Output } from './context.ts'
import type { CredentialOptions } from './credentials.ts'
import { readCredentials } from './credentials.ts'
import { CliError } from './fail.ts'
import type { ColorChoice } from './output/paint.ts'
import { createPaint } from './output/paint.ts'

export interface Surroundings {
  readonly output: Output
  readonly now: () => Date
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
}

interface GlobalOptions extends CredentialOptions {
  readonly server: string
  readonly utc: boolean
  readonly color: ColorChoice
}

function contextMaker({ output, now, signal, env }: Surroundings): (command: Command) => Context {
  return (command) => {
    const { server, utc, color, ...credentials } = command.optsWithGlobals<GlobalOptions>()
    let client: Client | undefined
    return {
      output,
      now,
      signal,
      utc,
      paint: createPaint(color === 'auto' && !output.isTerminal ? 'never' : color),
      get client() {
        return (client ??= createClient(server, readCredentials(credentials, env)))
      },
    }
  }
}

function createProgram(surroundings: Surroundings): Command {
  const { output, env } = surroundings
  const program = new Command('margay')
    .description('See what happens on the network of a cluster.')
    .addOption(
      new Option('--server <url>', 'address of the server (MARGAY_SERVER)').default(env.MARGAY_SERVER ?? defaultServer),
    )
    .addOption(new Option('--token-file <file>', 'token for a server that asks who you are (MARGAY_TOKEN: itself)'))
    .addOption(
      new Option('--kubeconfig <file>', 'take the token of its current context (MARGAY_KUBECONFIG)').default(
        env.MARGAY_KUBECONFIG,
      ),
    )
    .addOption(new Option('--ca <file>', "authority of the server's certificate (MARGAY_CA)").default(env.MARGAY_CA))
    .option('--utc', 'times in UTC and not in the zone of this machine', false)
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void output.out(text), writeErr: (text) => output.err(text) })
  const contextOf = contextMaker(surroundings)
  for (const make of commands) program.addCommand(make(contextOf).copyInheritedSettings(program))
  return program
}

/** Runs one command line and gives the exit code. */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { output, signal } = surroundings
  try {
    await createProgram(surroundings).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (signal.aborted) return 0
    if (!(error instanceof CliError)) throw error
    output.err(`margay: ${error.message}\n`)
    return error.exitCode
  }
}

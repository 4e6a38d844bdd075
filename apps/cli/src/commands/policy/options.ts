// Options that the policy commands share.
import type { Mode } from '@margay/policy'
import type { Command } from 'commander'

/** Collects paths; a flag may come several times. A comma is a character of a name here. */
export const paths = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

export const addPods = (command: Command) =>
  command.option('--pods <file>', 'more objects: pods, namespaces, service accounts, network sets', paths)

export const addPending = (command: Command) =>
  command.option('--pending', 'as if staged policies were enforced', false)

export const addFlows = (command: Command) =>
  command.requiredOption('--flows <file>', "flow records in Calico's NDJSON format (.gz, .zst), or -", paths)

export const modeOf = ({ pending }: { readonly pending?: boolean }): Mode => (pending ? 'pending' : 'enforced')

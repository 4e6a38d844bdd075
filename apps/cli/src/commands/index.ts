// Every command, in the order of `--help`. A new one is a file here and a line below.
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { endpointsCommand } from './endpoints.ts'
import { exportCommand } from './export.ts'
import { fieldsCommand } from './fields.ts'
import { importCommand } from './import.ts'
import { nodesCommand } from './nodes.ts'
import { observeCommand } from './observe.ts'
import { policyCommand } from './policy/index.ts'
import { queryCommand } from './query.ts'
import { statusCommand } from './status.ts'

export type MakeCommand = (contextOf: (command: Command) => Context) => Command

export const commands: readonly MakeCommand[] = [
  observeCommand,
  queryCommand,
  fieldsCommand,
  statusCommand,
  importCommand,
  exportCommand,
  policyCommand,
  endpointsCommand,
  nodesCommand,
  doctorCommand,
  demoCommand,
]

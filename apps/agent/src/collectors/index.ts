// The collectors, in the order in which each poll asks them: translations and processes before the flows that need them.
import type { Collector } from './collector.ts'
import { processes } from './processes/processes.ts'
import { tcp } from './tcp/tcp.ts'

export const collectors: readonly Collector[] = [processes, tcp]

// Keeps on disk which agents there were and when each was taken for gone, so that a restart of the server does not make the
// spool of an agent that comes back count a second time. It is written before a segment whose rows may rest on it, and only
// when something changed. A file that cannot be read is as good as none: totals of one gap are then told twice.
import { readFileSync } from 'node:fs'
import type { Logger } from '@margay/kit'
import { replaceFile } from '@margay/kit'
import { z } from 'zod'
import type { Agents } from './agents.ts'

export interface AgentsFile {
  /** Reads what was kept, if anything was. `now` is Unix seconds. */
  restore(now: number): void
  /** Writes what changed, durably. Throws what the file system says. */
  save(now: number): void
}

const keptSchema = z.array(
  z.object({
    agent: z.string(),
    host: z.string(),
    since: z.number(),
    lastSeen: z.number(),
    addresses: z.array(z.string()),
    gaps: z.array(z.object({ from: z.number(), to: z.number().optional() })),
  }),
)

/** Last signs of life are no change, but must not grow so old that a living agent is forgotten. */
const rewriteSeconds = 3_600

export function createAgentsFile(
  path: string,
  { agents, log }: { readonly agents: Agents; readonly log: Logger },
): AgentsFile {
  let savedRevision = agents.revision
  let savedAt = Number.NEGATIVE_INFINITY
  return {
    restore(now) {
      try {
        agents.restore(keptSchema.parse(JSON.parse(readFileSync(path, 'utf8'))), now)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
        log.warn('reading which agents there were failed; a gap of one may be counted twice', { error: error as Error })
      }
    },
    save(now) {
      const { revision } = agents
      if (revision === savedRevision && now - savedAt < rewriteSeconds) return
      replaceFile(path, [Buffer.from(JSON.stringify(agents.kept()))])
      savedRevision = revision
      savedAt = now
    },
  }
}

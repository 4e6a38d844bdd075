// The child's sessions. chDB's session runs one query at a time and keeps its settings; after a failed query it hands that
// query's output to the next one (docs/decisions/0008), so a session is used again only after it has succeeded.
import { Session } from 'chdb'
import type { EngineOptions, Lane } from './protocol.ts'

type Settings = { readonly [name: string]: number | string }

const megabyte = 2 ** 20

/** In every session: what answers depend on is never left to a default. */
const common: Settings = {
  session_timezone: "'UTC'",
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 0,
  output_format_json_escape_forward_slashes: 0,
  use_query_condition_cache: 0,
  async_insert: 0,
  insert_deduplicate: 1,
  short_circuit_function_evaluation: "'enable'",
  max_ast_elements: 1_000_000,
  max_expanded_ast_elements: 1_000_000,
  max_query_size: 16 * megabyte,
  max_ast_depth: 10_000,
  max_parser_depth: 10_000,
  max_parser_backtracks: 10_000_000,
}

const readLimits = (seconds: number, memoryBytes: number): Settings => ({
  max_execution_time: seconds,
  timeout_before_checking_execution_speed: 0,
  max_memory_usage: memoryBytes,
  max_bytes_before_external_group_by: Math.floor(memoryBytes / 2),
  max_bytes_before_external_sort: Math.floor(memoryBytes / 2),
})

/** Settings by lane. The readers' come before `readonly`, which forbids any change after it. */
const laneSettings: { readonly [L in Lane]: (options: EngineOptions) => Settings } = {
  interactive: ({ memoryBytes, threads, seconds }) => ({
    ...readLimits(seconds.interactive, Math.floor(memoryBytes / 2)),
    max_threads: threads,
    readonly: 1,
  }),
  export: ({ memoryBytes, threads, seconds }) => ({
    ...readLimits(seconds.export, Math.floor(memoryBytes / 2)),
    max_threads: threads,
    readonly: 1,
  }),
  // One thread: a block must become the same parts whenever it is sent, or its token would not know it again.
  write: () => ({ max_execution_time: 120, max_threads: 1, max_insert_threads: 1 }),
  admin: ({ threads }) => ({ max_execution_time: 600, max_threads: threads }),
}

const setStatement = (settings: Settings) =>
  `SET ${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ')}`

/** Opens the engine with its first session, or another session on it. Throws chDB's error. */
export function openSession(lane: Lane, options: EngineOptions): Session {
  const session = new Session(options.dir, { connectionArgs: [`--max_server_memory_usage=${options.memoryBytes}`] })
  const { readonly, ...settings }: Settings = { ...common, ...laneSettings[lane](options) }
  session.query(setStatement(settings))
  if (readonly !== undefined) session.query(setStatement({ readonly }))
  return session
}

/** Keeps idle sessions by lane; `use` runs one query on one of them. */
export function createSessionPool(options: EngineOptions) {
  const idle = new Map<Lane, Session[]>()
  return {
    async use<T>(lane: Lane, query: (session: Session) => Promise<T>): Promise<T> {
      const session = idle.get(lane)?.pop() ?? openSession(lane, options)
      let succeeded = false
      try {
        const result = await query(session)
        succeeded = true
        return result
      } finally {
        if (!succeeded) session.close()
        else if (idle.has(lane)) idle.get(lane)!.push(session)
        else idle.set(lane, [session])
      }
    },
    close(): void {
      for (const sessions of idle.values()) for (const session of sessions) session.close()
      idle.clear()
    },
  }
}

// What the guard and its engine child say to each other. Messages cross by structured clone, so bytes stay bytes.

/**
 * A class of sessions. `interactive` and `export` only read and differ in their limits; `write` inserts; `admin` changes
 * tables. Each has its own sessions, because a setting stays with its session.
 */
export type Lane = 'interactive' | 'export' | 'write' | 'admin'

export const lanes: readonly Lane[] = ['interactive', 'export', 'write', 'admin']

/** How the child opens the engine; given as JSON in its environment, so that it opens before the first message. */
export interface EngineOptions {
  readonly dir: string
  /** Memory of all queries together, bytes. */
  readonly memoryBytes: number
  /** Threads of one query. */
  readonly threads: number
  /** How long a question may take, by class of limits. */
  readonly seconds: { readonly interactive: number; readonly export: number }
}

export const optionsVariable = 'MARGAY_ENGINE_OPTIONS'

export type EngineRequest =
  | {
      readonly kind: 'run'
      readonly id: number
      readonly lane: Lane
      readonly sql: string
      readonly format: string
      readonly progress: boolean
    }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close' }

export type EngineReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly message: string; readonly engineCode?: number | undefined }
  | { readonly kind: 'done'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly engineCode?: number | undefined }
  | { readonly kind: 'progress'; readonly id: number; readonly rowsRead: number }

// What the API's thread and the ingest thread say to each other. Rows and blocks are copied or moved, never shared; each
// request has a number and one answer.
import type { StageState } from '@margay/kit'
import type { Block } from '@margay/store'
import type { Unseen } from '../kubernetes/index.ts'
import type { LiveBatch } from '../live/live.ts'
import type { ObjectVersion } from '../objects/object-row.ts'
import type { IntakeBatch } from '../receivers/intake.ts'
import type { Reporter } from '../intern/agents.ts'
import type { AgentReport } from './agent-tally.ts'
import type { IngestConfig } from './config.ts'

/** An error as it crosses threads: prototypes do not. */
export interface SentError {
  readonly message: string
  readonly code?: string
  readonly status?: number
  readonly hint?: string
  readonly retry?: boolean
  readonly isFatal?: boolean
}

/** An address at a moment, Unix seconds. */
export interface AddressMoment {
  readonly ip: string
  readonly moment: number
}

export type ToIngest =
  | { readonly kind: 'append'; readonly id: number; readonly batch: IntakeBatch }
  | { readonly kind: 'inserted'; readonly id: number; readonly error?: SentError }
  | { readonly kind: 'watched'; readonly watched: boolean }
  /** A page of what the object log says; the last one is `done`. */
  | {
      readonly kind: 'objects'
      readonly versions: readonly ObjectVersion[]
      readonly done: boolean
      readonly error?: SentError
    }
  | { readonly kind: 'reporters'; readonly id: number; readonly of: readonly AddressMoment[] }
  | { readonly kind: 'stop' }

export type FromIngest =
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'insert'; readonly id: number; readonly block: Block }
  | { readonly kind: 'appended'; readonly id: number; readonly duplicate?: boolean; readonly error?: SentError }
  | { readonly kind: 'live'; readonly batch: LiveBatch }
  /** Asks, once, for what the object log says. */
  | { readonly kind: 'objects' }
  | { readonly kind: 'reporters'; readonly id: number; readonly reporters: readonly Reporter[] }
  | { readonly kind: 'report'; readonly report: IngestReport }
  | { readonly kind: 'ended'; readonly error?: SentError }

export interface IngestReport {
  readonly stages: Readonly<Record<string, StageState>>
  readonly agents: readonly AgentReport[]
  readonly judged: JudgedReport
  readonly unseen: readonly Unseen[]
}

/** Records of agents since the thread started. */
export interface JudgedReport {
  readonly judged: number
  /** Without a verdict, for a missing fact. */
  readonly unknown: number
  /** Where what was observed and the policies of the moment cannot both be true. */
  readonly conflicts: number
}

/** What the thread is started with. */
export interface IngestThreadData {
  readonly config: IngestConfig
  readonly dataDir: string
}

export function packError(error: unknown): SentError {
  const { message, code, status, hint, retry, name } = error as Error & Partial<SentError>
  return {
    message,
    ...(code !== undefined && { code }),
    ...(status !== undefined && { status }),
    ...(hint !== undefined && { hint }),
    ...(retry !== undefined && { retry }),
    ...(name === 'FatalError' && { isFatal: true }),
  }
}

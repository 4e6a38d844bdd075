// What the ways in hand on, whatever they read: rows with their names, which are durable once the promise resolves.
import type { Row } from '@margay/model'

/** Rows that are stored together or not at all. */
export interface IntakeBatch {
  readonly logType: string
  readonly rows: readonly Row[]
  /**
   * Dimensions of each row where many rows share them; the rows then hold only the rest. Rows that share give the same
   * object, which is what makes them cheap: it crosses to the ingest thread once and is coded once.
   */
  readonly shared?: readonly Row[]
  /** Who sent it and which of its batches this is. A batch that was stored before is acknowledged and dropped. */
  readonly source: { readonly id: string; readonly epoch: string; readonly sequence: number }
  /** Rows of the object log are those of the cluster itself, so that flows are named and judged by them; the demo's are. */
  readonly isInventory?: true
}

export interface Intake {
  /** Resolves when the rows are on disk (fsync) and will be found by questions; rejects where they are not. */
  append(batch: IntakeBatch): Promise<{ readonly duplicate: boolean }>
}

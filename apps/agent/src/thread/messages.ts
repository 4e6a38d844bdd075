// What crosses from the collection's thread to the main one. Series are numbered by the thread as it first uses them; the
// other side knows each number's dimensions and asks the real sink for a number of its own, whenever that is void.
import type { StageState } from '@margay/kit'
import type { Row } from '@margay/model'

export interface SinkPart {
  /** Numbers below this are void: the thread began to number anew. */
  readonly restarted: boolean
  readonly definitions: readonly { readonly logType: string; readonly dimensions: Row }[]
  readonly series: readonly number[]
  readonly rows: readonly Row[]
}

export type FromThread =
  | { readonly kind: 'open' }
  | { readonly kind: 'interval'; readonly part: SinkPart; readonly endTime: number }
  | { readonly kind: 'delta'; readonly part: SinkPart }
  | { readonly kind: 'lost'; readonly what: string; readonly count: number }
  | { readonly kind: 'health'; readonly report: Readonly<Record<string, StageState>> }

export type ToThread = 'end' | 'handover'

/** Index into the shared words: whether somebody watches. */
export const watchedWord = 0

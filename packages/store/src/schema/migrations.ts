// Changes to data that exists, in order, never edited once released. A new field needs none: its column is added by
// comparing tables with the catalogue (migrate.ts). What belongs here is what a comparison cannot know, such as a renamed
// field or another sort key.

export interface Migration {
  /** One more than the one before it. */
  readonly version: number
  /** What it changes, as one would say it in the changelog. */
  readonly what: string
  /** Each must be harmless when it runs a second time, because a crash may come between it and its record. */
  readonly statements: readonly string[]
}

export const migrations: readonly Migration[] = [{ version: 1, what: 'tables of the catalogue', statements: [] }]

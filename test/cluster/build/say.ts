/** Takes a line about what goes on, for people who wait. */
export type Say = (line: string) => void

// What the ends of a connection keep of it, out of printed rows; and a client whose port is known.
import { parseExemplar } from '@margay/model'
import type { Exemplar } from '@margay/model'
import type { PrintedRow } from './agent-process.ts'

/** Rows of flows to a port, of one reporter. */
export const rowsOf = (rows: readonly PrintedRow[], port: number, reporter: string): readonly PrintedRow[] =>
  rows.filter((row) => row.log === 'flows' && row.dest_port === port && row.reporter === reporter)

/** What one end kept of the connections to a port, each connection once, as it was seen last. */
export function kept(rows: readonly PrintedRow[], port: number, reporter: string): readonly Exemplar[] {
  const exemplars = rowsOf(rows, port, reporter).flatMap((row) => (row.exemplars ?? []) as string[])
  const read = exemplars.map((text) => parseExemplar(text)!)
  return [...new Map(read.map((each) => [`${each.went} ${each.source.port}`, each])).values()]
}

/**
 * Python source: connects from a fixed port, does `then` with its socket `s`, and says how it went. SYNs are repeated after
 * 1, 2, 3 and 4 s.
 */
export const connect = (address: string, port: number, from: number, wait: number, then = 'pass'): string => `
import socket,time,signal
s=socket.socket(${address.includes(':') ? 10 : 2}); s.setsockopt(1,2,1); s.bind(("",${from})); s.settimeout(${wait})
try:
  s.connect(("${address}",${port})); print("connected")
  ${then}
except OSError as e: print(e)
`

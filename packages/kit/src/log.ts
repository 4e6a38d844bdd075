// Our own log: JSON lines for machines, a short form for people on a terminal. One message text may be written so often a
// minute and is then counted instead. What the product observes (flows, filters, addresses, arguments) never gets in: the
// field type refuses those names, and messages are constant texts.
import type { Clock } from './part.ts'
import { systemClock } from './part.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

type LogValue = string | number | boolean | undefined

/** Names under which observed data would slip in. */
type Observed =
  | 'flow'
  | 'row'
  | 'rows_data'
  | 'filter'
  | 'query'
  | 'address'
  | 'ip'
  | 'source_ip'
  | 'dest_ip'
  | 'qname'
  | 'args'

export type LogFields = { readonly [field: string]: LogValue | Error } & { readonly [K in Observed]?: never } & {
  readonly error?: Error | undefined
}

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger
}

export interface LogConfig {
  readonly level: LogLevel
  readonly form: 'json' | 'people'
}

export interface LogDeps {
  /** Takes one line with its line end. */
  readonly write: (line: string) => void
  readonly clock?: Clock
}

const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Enough to see a pattern, too few to fill a disk. */
const perMessageAndMinute = 10
const minuteMs = 60_000

/** Counts what one message text has used of its minute; says how many lines were left out before this one. */
function createRateLimit(): (message: string, now: number) => { readonly write: boolean; readonly leftOut: number } {
  const used = new Map<string, { minute: number; count: number }>()
  return (message, now) => {
    const minute = Math.floor(now / minuteMs)
    const entry = used.get(message)
    if (entry?.minute === minute) return { write: ++entry.count <= perMessageAndMinute, leftOut: 0 }
    used.set(message, { minute, count: 1 })
    return { write: true, leftOut: Math.max(0, (entry?.count ?? 0) - perMessageAndMinute) }
  }
}

type Line = { readonly [field: string]: LogValue }

function flattenError(fields: LogFields): Line {
  const line: { [field: string]: LogValue } = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!(value instanceof Error)) line[name] = value
    else line[name] = value.cause instanceof Error ? `${value.message}: ${value.cause.message}` : value.message
  }
  return line
}

function peopleLine(level: LogLevel, time: number, message: string, fields: Line): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' && /\s/.test(value) ? JSON.stringify(value) : value}`)
  const clock = new Date(time).toISOString().slice(11, 23)
  return `${[clock, level.toUpperCase().padEnd(5), message, ...pairs].join(' ')}\n`
}

export function createLogger(config: LogConfig, deps: LogDeps): Logger {
  const clock = deps.clock ?? systemClock
  const limit = createRateLimit()
  const print = (level: LogLevel, message: string, fields: LogFields) => {
    if (rank[level] < rank[config.level]) return
    const time = clock()
    const { write, leftOut } = limit(message, time)
    if (!write) return
    const line = { ...flattenError(fields), ...(leftOut > 0 ? { left_out: leftOut } : {}) }
    if (config.form === 'people') return deps.write(peopleLine(level, time, message, line))
    deps.write(`${JSON.stringify({ time: new Date(time).toISOString(), level, message, ...line })}\n`)
  }
  const withFields = (always: LogFields): Logger => ({
    debug: (message, fields) => print('debug', message, { ...always, ...fields }),
    info: (message, fields) => print('info', message, { ...always, ...fields }),
    warn: (message, fields) => print('warn', message, { ...always, ...fields }),
    error: (message, fields) => print('error', message, { ...always, ...fields }),
    with: (fields) => withFields({ ...always, ...fields }),
  })
  return withFields({})
}

/** The logger of a process: standard error, in people's form where that is a terminal. */
export function createProcessLogger(level: LogLevel): Logger {
  return createLogger(
    { level, form: process.stderr.isTTY ? 'people' : 'json' },
    { write: (line) => void process.stderr.write(line) },
  )
}

// The published JSON form of a row, read and written: nested objects (`policies`, `source_labels`, `rrsets`) outside,
// flat field names inside. Reading is the door for foreign records, so every problem names its field and value, and a
// row with a problem is refused as a whole while its neighbours are kept.
import type { Field, LogType } from './field.ts'
import { isPresent } from './field.ts'
import { canonicalIp } from './ip.ts'
import type { FieldKind, Integer, KindValue, Row, Value } from './kind.ts'

/** What is wrong with one member of a record. */
export interface RowProblem {
  readonly field: string
  /** The value as it was sent, as JSON of at most 80 characters. */
  readonly value: string
  readonly problem: string
}

export type ReadRow =
  | {
      readonly ok: true
      readonly row: Row
      /** Members that are no field of the log type; they are left out. */ readonly unknown: readonly string[]
    }
  | { readonly ok: false; readonly problems: readonly RowProblem[] }

type Json = unknown
type JsonObject = { [key: string]: Json }

/** Members that published records carry and that say nothing a field does not say. */
const redundant: ReadonlySet<string> = new Set(['@timestamp', 'id', 'generated_time', '_index'])

/** A problem found while a value is read; carries only the words. */
class Refused extends Error {}

const refuse = (problem: string): never => {
  throw new Refused(problem)
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readText(value: Json): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  return refuse('text is expected')
}

const maxUint64 = 0xffff_ffff_ffff_ffffn

/** Reads a whole number from 0 to 2^64 - 1 from a number, a bigint or its digits. */
export function readInteger(value: Json): Integer {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  if (typeof value === 'bigint' && value >= 0n && value <= maxUint64) return exact(value)
  if (typeof value === 'string' && /^\d{1,20}$/.test(value) && BigInt(value) <= maxUint64) return exact(BigInt(value))
  if (typeof value === 'number' && Number.isInteger(value) && value > Number.MAX_SAFE_INTEGER) {
    return refuse('is over 2^53 and has lost digits; parse the JSON with exact integers')
  }
  return refuse('a whole number from 0 to 18446744073709551615 is expected')
}

const exact = (value: bigint): Integer => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value)

/** 2001-01-01, before any flow log; earlier times are a unit mistaken or a clock unset. */
const earliest = 978_307_200
const oneDay = 86_400

function readTime(value: Json, now: number): number {
  const seconds = typeof value === 'string' && !/^\d+$/.test(value) ? Date.parse(value) / 1000 : Number(value)
  if (!Number.isFinite(seconds)) return refuse('Unix seconds or an ISO 8601 time is expected')
  if (seconds > 10 * earliest && seconds / 1000 > earliest)
    return refuse('looks like milliseconds; Unix seconds are expected')
  if (seconds < earliest) return refuse('is before 2001')
  if (seconds > now + oneDay) return refuse('is more than a day in the future')
  return Math.floor(seconds)
}

function readPort(value: Json): number {
  const port = Number(readInteger(value))
  if (port > 65_535) return refuse('a port from 0 to 65535 is expected')
  return port
}

const fold = (field: Field, text: string): string => {
  if (field.fold === 'upper') return text.toUpperCase()
  if (field.fold === 'name') return text === '.' ? text : text.toLowerCase().replace(/\.$/, '')
  return text
}

const readList = <T>(value: Json, read: (element: Json) => T): T[] => {
  if (!Array.isArray(value)) return [read(value)]
  return value.filter((element) => element !== null).map((element) => read(element))
}

const readIp = (value: Json): string => canonicalIp(readText(value)) ?? refuse('an IPv4 or IPv6 address is expected')

function readBoolean(value: Json): boolean {
  if (value === true || value === 'true' || value === 1) return true
  if (value === false || value === 'false' || value === 0) return false
  return refuse('true or false is expected')
}

type Reader<K extends FieldKind> = (value: Json, field: Field, now: number) => KindValue[K]

const readers: { [K in FieldKind]: Reader<K> } = {
  timestamp: (value, _, now) => readTime(value, now),
  keyword: (value, field) => fold(field, readText(value)),
  enum: (value, field) => {
    const text = readText(value)
    const found = field.values?.find((word) => word.toLowerCase() === text.toLowerCase())
    return found ?? refuse(`one of ${field.values?.join(', ')} is expected`)
  },
  text: (value) => readText(value),
  ip: (value) => readIp(value),
  port: (value) => readPort(value),
  count: (value, field) => readCounter(value, field),
  bytes: (value, field) => readCounter(value, field),
  duration: (value, field) => readCounter(value, field),
  bool: (value) => readBoolean(value),
  keywords: (value, field) => readList(value, (element) => fold(field, readText(element))),
  ips: (value) => readList(value, readIp),
  ports: (value) => readList(value, readPort),
  hits: (value) => readList(value, readText),
  keywordLists: (value, field) =>
    readList(value, (element) => readList(element, (text) => fold(field, readText(text)))),
}

function readCounter(value: Json, field: Field): Integer {
  const whole = typeof value === 'number' && !Number.isInteger(value) && value >= 0 ? Math.round(value) : value
  const counter = readInteger(whole)
  if (field.width === 32 && counter > 0xffff_ffff) return refuse('is over 4294967295, the most this field holds')
  return counter
}

/** Values that stand for "no value" in published records. */
const isAbsentJson = (value: Json): boolean => value === null || value === undefined || value === ''

/** Turns the published nesting into flat names: `{policies: {all_policies: […]}}` into `policies.all_policies`. */
function flatten(type: LogType, record: JsonObject, unknown: string[]): Map<string, Json> {
  const flat = new Map<string, Json>()
  for (const [name, value] of Object.entries(record)) {
    if (Object.hasOwn(type.fields, name)) flat.set(name, value)
    else if (isObject(value)) flattenMember(type, name, value, flat, unknown)
    else if (Array.isArray(value)) flattenList(type, name, value, flat, unknown)
    else if (!redundant.has(name) && !isAbsentJson(value)) unknown.push(name)
  }
  return flat
}

function flattenMember(
  type: LogType,
  name: string,
  value: JsonObject,
  flat: Map<string, Json>,
  unknown: string[],
): void {
  for (const [member, inner] of Object.entries(value)) {
    const path = `${name}.${member}`
    if (Object.hasOwn(type.fields, path)) flat.set(path, inner)
    else unknown.push(path)
  }
}

function flattenList(
  type: LogType,
  name: string,
  value: readonly Json[],
  flat: Map<string, Json>,
  unknown: string[],
): void {
  // Published samples print labels both as a list and as {labels: […]}.
  if (Object.hasOwn(type.fields, `${name}.labels`) && value.every((element) => typeof element === 'string')) {
    flat.set(`${name}.labels`, value)
    return
  }
  const members = Object.keys(type.fields).filter((path) => type.fields[path]?.nested === name)
  if (members.length === 0) return void unknown.push(name)
  for (const path of members) {
    const empty = type.fields[path]?.kind === 'keywordLists' ? [] : '-'
    const member = path.slice(name.length + 1)
    flat.set(
      path,
      value.map((element) => (isObject(element) && !isAbsentJson(element[member]) ? element[member] : empty)),
    )
  }
}

function show(value: Json): string {
  const text =
    JSON.stringify(value, (_, inner: Json) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'undefined'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/**
 * Reads one published record. `now` is Unix seconds and bounds its times. Integers over 2^53 must arrive as bigint (see
 * `parseJsonExact`). Absent and empty members are left out of the row; `-` is a value and stays.
 */
export function readRow(type: LogType, record: Json, now: number): ReadRow {
  if (!isObject(record))
    return { ok: false, problems: [{ field: '', value: show(record), problem: 'a JSON object is expected' }] }
  const unknown: string[] = []
  const row: Row = {}
  const problems: RowProblem[] = []
  for (const [name, value] of flatten(type, record, unknown)) {
    const field = type.fields[name]!
    if (isAbsentJson(value)) continue
    try {
      const read: Value = readers[field.kind](value, field, now)
      if (isPresent(field, read) && !(field.kind === 'port' && read === 0)) row[name] = read
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      problems.push({ field: name, value: show(value), problem: error.message })
    }
  }
  checkTimes(type, row, problems)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, row, unknown }
}

function checkTimes(type: LogType, row: Row, problems: RowProblem[]): void {
  const start = row[type.time]
  if (start === undefined && !problems.some(({ field }) => field === type.time)) {
    problems.push({ field: type.time, value: 'undefined', problem: 'is missing' })
  }
  if (typeof start === 'number' && typeof row.end_time === 'number' && row.end_time < start) {
    problems.push({ field: 'end_time', value: String(row.end_time), problem: `is before start_time ${start}` })
  }
}

/** The published JSON object of a row. Integers over 2^53 stay bigint: print with `printJsonExact`. */
export function writeRow(type: LogType, row: Row): JsonObject {
  const out: JsonObject = {}
  const nested = new Set<string>()
  for (const [name, field] of Object.entries(type.fields)) {
    const value = row[name]
    if (!isPresent(field, value)) continue
    if (field.nested) nested.add(field.nested)
    else setPath(out, name, value)
  }
  for (const name of nested) out[name] = writeNested(type, name, row)
  return out
}

function setPath(out: JsonObject, name: string, value: Json): void {
  const dot = name.indexOf('.')
  if (dot < 0) return void (out[name] = value)
  const parent = (out[name.slice(0, dot)] ??= {}) as JsonObject
  parent[name.slice(dot + 1)] = value
}

function writeNested(type: LogType, nested: string, row: Row): JsonObject[] {
  const members = Object.keys(type.fields).filter((path) => type.fields[path]?.nested === nested)
  const lists = members.map((path) => (row[path] ?? []) as readonly Json[])
  const length = Math.max(...lists.map((list) => list.length))
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(
      members
        .map((path, at) => [path.slice(nested.length + 1), lists[at]![index]])
        .filter(([, value]) => value !== undefined),
    ),
  )
}

/** Parses JSON so that integers over 2^53 become bigint, digit for digit. Throws SyntaxError as JSON.parse does. */
export function parseJsonExact(text: string): Json {
  // Fast path: no run of 16 digits, so no number can be inexact.
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: Json, context: { source?: string }) => Json,
  ) => Json
  return parse(text, (_, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !source || !/^-?\d+$/.test(source)) return value
    return BigInt(source)
  })
}

/** Prints JSON with bigint as bare digits. */
export function printJsonExact(value: Json): string {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map((element) => printJsonExact(element ?? null)).join(',')}]`
  if (isObject(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${printJsonExact(member)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

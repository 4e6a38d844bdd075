// Objects from files: YAML and JSON, one or many documents, lists opened. Each object keeps its file, its document and a way
// to find the line of any of its members, so that whatever is said of it later can be looked up. A document that cannot be
// read is named and left out; the others are kept.
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Document, Node } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import { CliError } from '../../fail.ts'
import { unreadable } from '../import.ts'

export interface Place {
  readonly file: string
  readonly line: number
  /** Counted from 1. */
  readonly document: number
}

export interface Manifest {
  readonly value: unknown
  /** Where the member stands, or the nearest member above it that is there. */
  readonly placeOf: (path: readonly Step[]) => Place
}

export type Step = string | number

export interface Unread {
  readonly place: Place
  readonly message: string
}

export interface Manifests {
  readonly manifests: readonly Manifest[]
  readonly unread: readonly Unread[]
}

const isManifest = (name: string) => /\.(ya?ml|json)$/i.test(name)

/** All files below a directory, in the order of their names. Hidden ones, and what links lead to twice, are passed over. */
async function filesBelow(dir: string, seen: Set<string>): Promise<readonly string[]> {
  const real = await realpath(dir)
  if (seen.has(real)) return []
  seen.add(real)
  const names = (await readdir(dir)).filter((name) => !name.startsWith('.')).sort()
  const files: string[] = []
  for (const name of names) {
    const path = join(dir, name)
    const found = await stat(path).catch(() => undefined)
    if (found?.isDirectory()) files.push(...(await filesBelow(path, seen)))
    // A pipe would keep us waiting. A link that leads nowhere is kept, to be named.
    else if (isManifest(name) && (found?.isFile() ?? true)) files.push(path)
  }
  return files
}

async function filesOf(path: string): Promise<readonly string[]> {
  if (path === '-') return [path]
  const found = await stat(path).catch(unreadable(path))
  return found.isDirectory() ? filesBelow(path, new Set()).catch(unreadable(path)) : [path]
}

/** Larger than any dump of a cluster's objects that a terminal is given, and small enough for memory. */
const mostBytes = 256 * 1024 * 1024

async function textOf(file: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  const { size } = await stat(file)
  if (size > mostBytes) throw new Error(`is over ${mostBytes >> 20} MB; split it`)
  return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

interface Item {
  readonly value: unknown
  readonly path: readonly Step[]
}

/** What a document holds: itself, or the items of a list such as `kubectl get -o yaml` writes. */
function itemsOf(value: unknown, path: readonly Step[] = []): readonly Item[] {
  if (value === null || value === undefined) return []
  if (!isObject(value) || !Array.isArray(value.items) || !String(value.kind).endsWith('List')) return [{ value, path }]
  return value.items.flatMap((item: unknown, index) => itemsOf(item, [...path, 'items', index]))
}

/** The offset at which the member begins, or the deepest one on the way to it. */
function offsetOf(document: Document.Parsed, path: readonly Step[]): number {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? document.range[0]
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step)
      offset = (pair?.key as Node | undefined)?.range?.[0] ?? offset
      node = (pair?.value as Node | undefined) ?? null
    } else if (isSeq(node)) {
      node = (node.items[Number(step)] as Node | undefined) ?? null
      offset = node?.range?.[0] ?? offset
    } else return offset
  }
  return offset
}

interface ReadDocument {
  readonly manifests: readonly Manifest[]
  readonly unread?: Unread
}

function readDocument(document: Document.Parsed, number: number, file: string, lines: LineCounter): ReadDocument {
  const placeAt = (offset: number): Place => ({ file, document: number, line: lines.linePos(offset).line })
  const failed = (offset: number, message: string) => ({ manifests: [], unread: { place: placeAt(offset), message } })
  const [error] = document.errors
  if (error) return failed(error.pos[0], error.message)
  try {
    const manifests = itemsOf(document.toJS()).map(({ value, path }): Manifest => ({
      value,
      placeOf: (inner) => placeAt(offsetOf(document, [...path, ...inner])),
    }))
    return { manifests }
  } catch (problem) {
    // Aliases that lead nowhere, or that grow without end.
    return failed(document.range[0], problem instanceof Error ? problem.message : String(problem))
  }
}

function readYaml(source: string, file: string): Manifests {
  const lines = new LineCounter()
  const documents = parseAllDocuments(source, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    merge: true,
  })
  const read = [...documents].map((document, index) => readDocument(document, index + 1, file, lines))
  return {
    manifests: read.flatMap(({ manifests }) => manifests),
    unread: read.flatMap(({ unread }) => unread ?? []),
  }
}

/** JSON is YAML too; undefined where it is not JSON. */
function readJson(source: string, file: string): Manifests | undefined {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    return undefined
  }
  // Lines are asked for where something is wrong, and hardly ever for all of a dump.
  let placed: Manifests | undefined
  const manifests = itemsOf(value).map(({ value: item }, index): Manifest => ({
    value: item,
    placeOf: (path) =>
      (placed ??= readYaml(source, file)).manifests[index]?.placeOf(path) ?? { file, document: 1, line: 1 },
  }))
  return { manifests, unread: [] }
}

/** Reads the objects of one text. */
export function readManifestText(source: string, file: string): Manifests {
  // Fast path: a dump of a cluster as JSON, which the engine parses fifty times as fast as YAML.
  const json = /^\s*[[{]/.test(source) ? readJson(source, file) : undefined
  return json ?? readYaml(source, file)
}

async function readFileOf(file: string): Promise<Manifests> {
  const name = file === '-' ? 'standard input' : file
  try {
    return readManifestText(await textOf(file), name)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    const message = error instanceof TypeError ? 'is not UTF-8' : words
    return { manifests: [], unread: [{ place: { file: name, line: 1, document: 1 }, message }] }
  }
}

const emptyHint = (path: string) =>
  `no .yaml, .yml or .json file in ${path}; name the directory of your policies, or fill this one: ` +
  `kubectl get networkpolicies,namespaces,pods -A -o json > ${join(path, 'cluster.json')}`

/** Reads files and directories, these with all below them. Throws where a path is not there or a directory has nothing. */
export async function readManifests(
  paths: readonly string[],
  onEmpty: (hint: string) => void = (hint) => {
    throw new CliError(hint, 2)
  },
): Promise<Manifests> {
  const read: Manifests[] = []
  for (const path of paths) {
    const files = await filesOf(path)
    if (files.length === 0) onEmpty(emptyHint(path))
    for (const file of files) read.push(await readFileOf(file))
  }
  return {
    manifests: read.flatMap(({ manifests }) => manifests),
    unread: read.flatMap(({ unread }) => unread),
  }
}

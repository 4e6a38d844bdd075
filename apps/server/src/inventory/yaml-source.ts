// Objects from Kubernetes YAML files, one or a directory of them. Read at the start and whenever one changes; an object that
// left the files is gone. A file that cannot be read keeps what it said before.
import { readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Health, Logger, Part } from '@margay/kit'
import { sleep } from '@margay/kit'
import { parseAllDocuments } from 'yaml'
import type { ClusterObject } from '../objects/object.ts'
import { readClusterObject } from '../objects/read-object.ts'
import type { ObjectSource } from '../objects/recorder.ts'
import { readObject } from './objects.ts'

export interface YamlSourceDeps {
  readonly objects: ObjectSource
  readonly log: Logger
  readonly health: Health
}

export interface YamlFile {
  readonly objects: readonly ClusterObject[]
  readonly problems: readonly string[]
}

/** `List` objects, as `kubectl get -o yaml` writes them, are opened. */
function flatten(value: unknown): unknown[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown }
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [value]
}

/** What is wrong with a document, or the object that it is. */
function readDocument(value: unknown): Partial<YamlFile> {
  const read = readClusterObject(value)
  if (read.kind === 'other') return {}
  if (read.kind === 'problem') return { problems: [read.problem] }
  const named = readObject(read.object.document)
  return named.kind === 'problem' ? { problems: [named.problem] } : { objects: [read.object] }
}

/** Reads the objects of one file's text; problems carry the line where the text itself is wrong. */
export function readYaml(text: string): YamlFile {
  const objects: ClusterObject[] = []
  const problems: string[] = []
  for (const document of parseAllDocuments(text)) {
    if (document.errors.length > 0) {
      problems.push(document.errors[0]!.message.split('\n')[0]!)
      continue
    }
    for (const value of flatten(document.toJS())) {
      if (value === null) continue
      const read = readDocument(value)
      objects.push(...(read.objects ?? []))
      problems.push(...(read.problems ?? []))
    }
  }
  return { objects, problems }
}

const isYaml = (name: string) => /\.(ya?ml|json)$/.test(name)

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => isYaml(name))
    .sort()
    .map((name) => join(path, name))
}

/** Changes come in bursts while a file is written; it is read when they have settled. */
const settleMs = 100
/** Some file systems do not tell of changes. */
const pollMs = 5_000

export function createYamlSource(config: { readonly path: string }, deps: YamlSourceDeps): Part {
  /** What each file said when it could last be read. */
  const said = new Map<string, { readonly text: string; readonly file: YamlFile }>()
  let first = true

  const readFile = (path: string): YamlFile => {
    const text = readFileSync(path, 'utf8')
    const before = said.get(path)
    if (before?.text === text) return before.file
    const file = readYaml(text)
    // Half a file, seen while it is written, must not remove the other half's pods.
    const kept = file.problems.length > 0 && before ? { ...file, objects: before.file.objects } : file
    said.set(path, { text, file: kept })
    return kept
  }
  const load = () => {
    const files = filesOf(config.path).map((path) => ({ path, ...readFile(path) }))
    const objects = files.flatMap((file) => file.objects)
    for (const object of objects) deps.objects.put(object, first)
    deps.objects.sweep(() => true, new Set(objects.map(({ uid }) => uid)))
    if (first) deps.objects.settle()
    first = false
    return files.flatMap(({ path, problems }) => problems.map((problem) => `${path}: ${problem}`))
  }
  return {
    name: 'inventory-files',
    async run(signal) {
      const stage = deps.health.stage('inventory-files')
      while (!signal.aborted) {
        const problems = load()
        for (const problem of problems) deps.log.warn('inventory file has a problem', { problem })
        if (problems.length > 0)
          stage.set({
            state: 'degraded',
            detail: problems[0]!,
            hint: 'mend the file; what it said before stays in force',
          })
        else stage.set({ state: 'ok' })
        await change(config.path, signal)
        await sleep(settleMs, signal)
      }
    },
  }
}

/** Resolves when something under the path changed, or might have. */
async function change(path: string, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const watcher = watch(path, { signal: both }, () => stop.abort())
  watcher.on('error', () => {})
  await sleep(pollMs, both)
  stop.abort()
}

// The inventory's first source: Kubernetes YAML files, one or a directory of them. Read at the start and whenever one
// changes; an object that left the files is removed. A file that cannot be read keeps what it said before.
import { readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Health, Logger, Part } from '@margay/kit'
import { sleep, systemClock } from '@margay/kit'
import { parseAllDocuments } from 'yaml'
import type { Inventory } from './inventory.ts'
import type { KubernetesObject } from './objects.ts'
import { readObject, uidOf } from './objects.ts'

export interface YamlSourceDeps {
  readonly inventory: Inventory
  readonly log: Logger
  readonly health: Health
  readonly clock?: Clock
}

export interface YamlFile {
  readonly objects: readonly KubernetesObject[]
  readonly problems: readonly string[]
}

/** `List` objects, as `kubectl get -o yaml` writes them, are opened. */
function flatten(value: unknown): unknown[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown }
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [value]
}

/** Reads the objects of one file's text; problems carry the line where the text itself is wrong. */
export function readYaml(text: string): YamlFile {
  const objects: KubernetesObject[] = []
  const problems: string[] = []
  for (const document of parseAllDocuments(text)) {
    if (document.errors.length > 0) {
      problems.push(document.errors[0]!.message.split('\n')[0]!)
      continue
    }
    for (const value of flatten(document.toJS())) {
      if (value === null) continue
      const read = readObject(value)
      if (read.kind === 'object') objects.push(read.object)
      if (read.kind === 'problem') problems.push(read.problem)
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
  const clock = deps.clock ?? systemClock
  /** What each file said when it could last be read. */
  const said = new Map<string, { readonly text: string; readonly file: YamlFile }>()
  let present = new Set<string>()
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
    const at = first ? 0 : Math.floor(clock() / 1000)
    first = false
    const now = new Set<string>()
    for (const object of files.flatMap(({ objects }) => objects)) {
      deps.inventory.put(object, at)
      now.add(uidOf(object))
    }
    for (const uid of present) if (!now.has(uid)) deps.inventory.remove(uid, at)
    present = now
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

// kubectl as a function: what tests ask the API server goes through the real client.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { binary } from '../build/places.ts'

/** A Kubernetes object as its YAML says it. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export interface Kubectl {
  /** Runs kubectl and returns what it prints; rejects with its complaint. */
  run(args: readonly string[], input?: string): Promise<string>
  /** Creates or changes objects, all in one call. Those of a kind that is defined in the same call must come in a later one. */
  apply(objects: readonly KubeObject[]): Promise<void>
  /** Objects of a kind, of one namespace or of all. */
  list<T = KubeObject>(kind: string, namespace?: string): Promise<readonly T[]>
  get<T = KubeObject>(kind: string, name: string, namespace?: string): Promise<T>
}

const scopeOf = (namespace: string | undefined) => (namespace === undefined ? [] : ['-n', namespace])

export function createKubectl(kubeconfig: string): Kubectl {
  const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(dirname(kubeconfig), 'kubectl-cache') }
  const run = (args: readonly string[], input = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn(binary('kubectl'), args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
      let output = ''
      let errors = ''
      child.stdout.on('data', (text: Buffer) => (output += text.toString()))
      child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
      child.on('error', reject)
      child.on('close', (code) =>
        code === 0
          ? resolve(output)
          : reject(new Error(`kubectl ${args.join(' ')}: ${errors.trim() || `code ${code}`}`)),
      )
      // A kubectl that refuses its arguments does not wait for its input.
      child.stdin.on('error', () => {})
      child.stdin.end(input)
    })
  const json = async (args: readonly string[]) => JSON.parse(await run([...args, '-o', 'json'])) as unknown
  return {
    run,
    async apply(objects) {
      const list = { apiVersion: 'v1', kind: 'List', items: objects }
      await run(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list))
    },
    async list<T>(kind: string, namespace?: string) {
      const scope = namespace === undefined ? ['-A'] : scopeOf(namespace)
      return ((await json(['get', kind, ...scope])) as { items: readonly T[] }).items
    },
    get: async <T>(kind: string, name: string, namespace?: string) =>
      (await json(['get', kind, name, ...scopeOf(namespace)])) as T,
  }
}

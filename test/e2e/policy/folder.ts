// `margay policy` as a user types it: real processes in a directory of files that each test has for itself, no server.
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'

export const root = join(import.meta.dirname, '../../..')
const node = process.env.MARGAY_NODE ?? process.execPath

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface PolicyFolder {
  /** A file's place in the test's directory. */
  readonly path: (name: string) => string
  /** Writes files, with the directories that they lie in. */
  readonly write: (files: Readonly<Record<string, string | Uint8Array>>) => void
  /** Runs a line of a shell that has `margay` and `kubectl`. */
  readonly shell: (line: string) => Promise<Ended>
  /** Runs `margay policy`. */
  readonly policy: (...args: string[]) => Promise<Ended>
}

/** No cluster is here: kubectl answers from a file beside the policies, and takes what it is given. */
const kubectl = '#!/bin/sh\ncase "$1" in get) cat pods.json ;; *) cat > applied.json ;; esac\n'
const margay = `#!/bin/sh\nexec '${node}' '${join(root, 'apps/cli/src/main.ts')}' "$@"\n`

function writeScript(path: string, text: string): void {
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

/** Makes a fresh directory before each test of the file that calls it, and removes all of them after the last. */
export function usePolicyFolder(): PolicyFolder {
  let base: string
  let dir: string
  let count = 0
  beforeAll(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'margay-policy-')))
    mkdirSync(join(base, 'bin'))
    writeScript(join(base, 'bin/margay'), margay)
    writeScript(join(base, 'bin/kubectl'), kubectl)
  })
  afterAll(() => rmSync(base, { recursive: true, force: true }))
  beforeEach(() => {
    dir = join(base, String(++count))
    mkdirSync(dir)
  })

  const env = (): NodeJS.ProcessEnv => ({
    ...process.env,
    PATH: `${join(base, 'bin')}:${process.env.PATH}`,
    NODE_NO_WARNINGS: '1',
    NO_COLOR: '1',
  })
  const run = (file: string, args: readonly string[]) =>
    new Promise<Ended>((resolve) => {
      const child = execFile(file, args, { cwd: dir, env: env(), maxBuffer: 1 << 28 }, (error, out, err) =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
      )
      child.stdin?.end()
    })
  return {
    path: (name) => join(dir, name),
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, name)), { recursive: true })
        writeFileSync(join(dir, name), content)
      }
    },
    shell: (line) => run('sh', ['-c', line]),
    policy: (...args) => run(join(base, 'bin/margay'), ['policy', ...args]),
  }
}

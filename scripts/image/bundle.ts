// The three programs as plain JavaScript, all in one directory: `server.mjs`, `agent.mjs`, `margay.mjs`, what their threads
// and child processes start with, and the pieces they share. Packages with native parts stay outside.
import { basename, dirname, join } from 'node:path'
import type { Plugin } from 'rolldown'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '../..')

export const programs = {
  server: { entry: 'apps/server/src/main.ts', output: 'server.mjs' },
  agent: { entry: 'apps/agent/src/main.ts', output: 'agent.mjs' },
  cli: { entry: 'apps/cli/src/main.ts', output: 'margay.mjs' },
} as const

export type Program = keyof typeof programs

/** Packages that are installed beside the bundles and not taken into them. */
const external = ['chdb']

/** How our sources name a file that a thread or a child process starts with. */
const startedFile = /(import\.meta\.resolve\(|new URL\()'((?:\.\/)?[\w-]+)\.ts'/g

/** Makes an entry of each such file, and gives it its name in the output. All output is in one directory, so it is found. */
const startedFiles: Plugin = {
  name: 'margay-started-files',
  transform(code, id) {
    if (!startedFile.test(code)) return null
    return code.replaceAll(startedFile, (_all, call: string, name: string) => {
      const fileName = `${basename(name)}.mjs`
      this.emitFile({ type: 'chunk', id: join(dirname(id), `${name}.ts`), fileName })
      return `${call}'${name}.mjs'`
    })
  },
}

export interface BundledFile {
  readonly name: string
  readonly code: string
  readonly isProgram: boolean
}

/** Bundles one program. Throws with the bundler's words. */
export async function bundleProgram(program: Program): Promise<readonly BundledFile[]> {
  const { entry, output } = programs[program]
  const bundle = await rolldown({
    input: join(root, entry),
    cwd: root,
    platform: 'node',
    external,
    plugins: [startedFiles],
    logLevel: 'warn',
  })
  try {
    const { output: files } = await bundle.generate({
      format: 'esm',
      entryFileNames: output,
      chunkFileNames: `${program}-[name]-[hash].mjs`,
    })
    return files.map((file) => {
      if (file.type !== 'chunk') throw new Error(`BUG: bundling ${program} made ${file.fileName}, which is no code`)
      return { name: file.fileName, code: file.code, isProgram: file.fileName === output }
    })
  } finally {
    await bundle.close()
  }
}

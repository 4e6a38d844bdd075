// Builds the cluster's programs from their Go modules: a throw-away module for each, which requires the one version and names
// the programs as imports. A binary that is there is not built again; one that was cut off leaves only a `.part` beside it.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { go } from './go.ts'
import { bringHelm, helmIsThere } from './helm.ts'
import { withLock } from './lock.ts'
import { goModules, kubernetes, programOf, type GoModule } from './modules.ts'
import { binary, folderOf } from './places.ts'
import { buildPrograms, programsAreBuilt } from './programs.ts'
import type { Extent } from './prerequisites.ts'
import type { Say } from './say.ts'

/** Drivers for file systems that the cluster does not use; they would ask for C libraries. */
const buildTags = 'no_btrfs no_devmapper no_zfs'

/** Modules of `staging/` are released apart, as v0.x.y; a module that requires Kubernetes must say so for each of them. */
async function stagingReplacements({ path, version }: GoModule, folder: string): Promise<string[]> {
  const { GoMod } = JSON.parse(await go(folder, 'mod', 'download', '-json', `${path}@${version}`)) as { GoMod: string }
  const released = version.replace(/^v1\./, 'v0.')
  return [...readFileSync(GoMod, 'utf8').matchAll(/^(?:replace )?\s*(\S+) => \.\/staging\/src\//gm)].map(
    ([, name]) => `replace ${name} => ${name} ${released}`,
  )
}

async function writeModule(module: GoModule, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const lines = ['module margay.test/build', 'go 1.26', `require ${module.path} ${module.version}`]
  const write = () => writeFileSync(join(folder, 'go.mod'), `${lines.join('\n')}\n`)
  write()
  if (module.name === kubernetes.name) {
    lines.push(...(await stagingReplacements(module, folder)))
    write()
  }
  const imports = module.packages.map((path) => `import _ "${path}"`)
  writeFileSync(join(folder, 'tools.go'), ['//go:build tools', '', 'package tools', '', ...imports, ''].join('\n'))
  await go(folder, 'mod', 'tidy')
}

const linkerFlags = ({ variables = {} }: GoModule): string =>
  ['-s', '-w', ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(' ')

async function buildProgram(module: GoModule, source: string, packagePath: string): Promise<void> {
  const path = binary(programOf(packagePath))
  await go(source, 'build', '-trimpath', '-ldflags', linkerFlags(module), '-tags', buildTags, '-o', `${path}.part`, packagePath)
  renameSync(`${path}.part`, path)
}

const absent = (module: GoModule) => module.packages.filter((path) => !existsSync(binary(programOf(path))))

async function buildModule(module: GoModule, say: Say): Promise<void> {
  const packages = absent(module)
  if (packages.length === 0) return
  const source = join(folderOf(module), 'source')
  say(`${module.name} ${module.version}: reading its modules (all of it takes about ${module.usualSeconds} s on two cores)`)
  await writeModule(module, source)
  for (const [index, path] of packages.entries()) {
    const started = Date.now()
    say(`${module.name} ${module.version}: building ${programOf(path)} (${index + 1} of ${packages.length})`)
    await buildProgram(module, source, path)
    say(`${module.name} ${module.version}: ${programOf(path)} is built, ${Math.round((Date.now() - started) / 1000)} s`)
  }
}

const modulesOf = (extent: Extent) => (extent === 'api' ? [kubernetes] : goModules)

/** The API server alone is two of the programs of one module. */
const isNeeded = (extent: Extent, path: string) =>
  extent === 'cluster' || ['kube-apiserver', 'kubectl'].includes(programOf(path))

/** Whether everything that is built from source is there. */
export function isBuilt(extent: Extent): boolean {
  const programs = modulesOf(extent).flatMap(absent)
  return programs.every((path) => !isNeeded(extent, path)) && (extent === 'api' || (programsAreBuilt() && helmIsThere()))
}

/** Builds what is missing, once: other processes that want the same wait for it. */
export async function build(extent: Extent, say: Say): Promise<void> {
  if (isBuilt(extent)) return
  await withLock('build', say, async () => {
    const started = Date.now()
    for (const module of modulesOf(extent)) {
      await buildModule({ ...module, packages: module.packages.filter((path) => isNeeded(extent, path)) }, say)
    }
    if (extent === 'cluster') {
      await buildPrograms(say)
      await bringHelm(say)
    }
    say(`everything is built, ${Math.round((Date.now() - started) / 1000)} s`)
  })
}

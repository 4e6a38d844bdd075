// Says what this machine lacks for a cluster, in sentences that name the remedy. It looks and changes nothing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { oldestGo, programsOfApi, programsOfNodes, type DebianProgram } from './modules.ts'
import { isBuilt } from './build.ts'

/** An API server alone needs neither root nor the programs of nodes. */
export type Extent = 'api' | 'cluster'

/** The version of the Go on this machine, `undefined` without one. */
function goVersion(): readonly [number, number] | undefined {
  const said = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout ?? ''
  const found = /go(\d+)\.(\d+)/.exec(said)
  return found ? [Number(found[1]), Number(found[2])] : undefined
}

function problemOfGo(): string | undefined {
  const needed = oldestGo.join('.')
  const version = goVersion()
  if (version === undefined) return `Go ${needed} or newer is not installed, and Debian's is too old: install it as go.dev says`
  const [major, minor] = version
  const isOld = major < oldestGo[0] || (major === oldestGo[0] && minor < oldestGo[1])
  return isOld ? `Go ${needed} or newer is needed, this is ${version.join('.')}: install a newer one as go.dev says` : undefined
}

const folders = ['/usr/sbin', '/sbin', ...(process.env.PATH ?? '').split(':')]
const isPresent = ({ program }: DebianProgram) =>
  program.startsWith('/') ? existsSync(program) : folders.some((folder) => existsSync(`${folder}/${program}`))

function problemOfPrograms(programs: readonly DebianProgram[]): string | undefined {
  const missing = programs.filter((program) => !isPresent(program)).map((program) => program.package)
  return missing.length > 0 ? `packages are missing: ${missing.join(', ')}; scripts/setup installs them` : undefined
}

/** What is missing, one sentence each; empty when a cluster can be built and started here. */
export function missing(extent: Extent): readonly string[] {
  const problems = [
    process.platform === 'linux' ? undefined : `Linux is needed, this is ${process.platform}`,
    extent === 'cluster' && process.getuid?.() !== 0 ? 'nodes are network namespaces and cgroups, which need root' : undefined,
    // Once built, nothing asks for Go.
    isBuilt(extent) ? undefined : problemOfGo(),
    problemOfPrograms(extent === 'api' ? programsOfApi : [...programsOfApi, ...programsOfNodes]),
  ]
  return problems.filter((problem) => problem !== undefined)
}

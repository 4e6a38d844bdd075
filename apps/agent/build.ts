// Builds what is not TypeScript: the eBPF object and the N-API addon, into `build/`. Each is remade only when the hash of
// its sources and of its command changed, so that a start costs milliseconds. The agent itself never compiles.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const room = import.meta.dirname
const buildDir = join(room, 'build')

interface Target {
  readonly output: string
  readonly sourceDir: string
  /** Commands run in order, each as program and arguments. */
  readonly commands: (output: string) => readonly (readonly [string, ...string[]])[]
  /** What to install where the first program is missing. */
  readonly hint: string
}

const clangArch = { x64: 'x86', arm64: 'arm64' } as const

function objectTarget(arch: keyof typeof clangArch): Target {
  const define = `-D__TARGET_ARCH_${clangArch[arch]}`
  const source = join(room, 'bpf', 'margay.bpf.c')
  return {
    output: 'margay.bpf.o',
    sourceDir: join(room, 'bpf'),
    hint: 'apt-get install clang llvm libbpf-dev',
    commands: (output) => [
      // BTF keeps the names of sources for the verifier's messages: from the room, or each checkout would make other bytes.
      [
        'clang',
        `-ffile-prefix-map=${room}=.`,
        '-fdebug-compilation-dir=.',
        '-g',
        '-O2',
        '-Wall',
        '-Werror',
        '-mcpu=v3',
        '-target',
        'bpf',
        define,
        '-c',
        source,
        '-o',
        output,
      ],
      // Drops DWARF and keeps BTF, which relocation needs.
      ['llvm-strip', '-g', output],
    ],
  }
}

function addonTarget(): Target {
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include')
  const sources = readdirSync(join(room, 'native'))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(room, 'native', name))
  const flags = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Wno-missing-field-initializers', '-fPIC', '-shared']
  return {
    output: 'agent.node',
    sourceDir: join(room, 'native'),
    hint: 'apt-get install g++ libbpf-dev',
    commands: (output) => [
      ['g++', `-ffile-prefix-map=${room}=.`, ...flags, `-I${headers}`, ...sources, '-o', output, '-lbpf'],
    ],
  }
}

function fingerprint(target: Target): string {
  const hash = createHash('sha256').update(JSON.stringify(target.commands(target.output)))
  const sources = readdirSync(target.sourceDir).filter((name) => /\.(?:c|cc|h)$/.test(name))
  for (const name of sources.sort()) hash.update(readFileSync(join(target.sourceDir, name)))
  return hash.digest('hex')
}

function runCommand([program, ...args]: readonly [string, ...string[]], hint: string): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
  } catch (cause) {
    const { code, stderr } = cause as { code?: string; stderr?: string }
    const problem = code === 'ENOENT' ? `${program} is not installed; ${hint}` : `${program} failed:\n${stderr}`
    throw new Error(`build the agent: ${problem}`, { cause })
  }
}

function buildTarget(target: Target): boolean {
  const output = join(buildDir, target.output)
  const mark = `${output}.sha256`
  const wanted = fingerprint(target)
  if (existsSync(output) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return false
  for (const command of target.commands(output)) runCommand(command, target.hint)
  writeFileSync(mark, wanted)
  return true
}

/**
 * Builds the eBPF object and the addon where they are missing or out of date; returns the names of those it built.
 * Throws with the compiler's words, or with the packages to install.
 */
export function buildAgent(): string[] {
  const arch = process.arch
  if (arch !== 'x64' && arch !== 'arm64')
    throw new Error(`build the agent: no eBPF object for ${arch}; use x64 or arm64`)
  mkdirSync(buildDir, { recursive: true })
  return [objectTarget(arch), addonTarget()].filter(buildTarget).map(({ output }) => output)
}

if (import.meta.main) process.stdout.write(`built: ${buildAgent().join(', ') || 'nothing, all is up to date'}\n`)

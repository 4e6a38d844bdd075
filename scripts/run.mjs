// The one entry of every npm script. Plain JavaScript, because the Node that starts it may be old: it installs what the
// lock names when node_modules is missing or stale, finds the locked Node 24, and hands over to it.
import { spawnSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const runtimeMajor = 24

/** What each word runs, as arguments of the locked Node. A word may run several programs, one after the other. */
const commands = {
  start: [['scripts/start.ts']],
  test: [['node_modules/vitest/vitest.mjs', 'run']],
  e2e: [['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.e2e.config.ts']],
  build: [['scripts/build.ts']],
  image: [['scripts/image.ts']],
  reference: [['scripts/reference.ts']],
  notices: [['scripts/notices.ts']],
  cluster: [['test/cluster/main.ts']],
  bench: [['bench/main.ts']],
  check: [
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
    ['node_modules/typescript/bin/tsc', '-p', 'apps/web/tsconfig.json'],
  ],
  lint: [['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '.']],
  format: [['node_modules/oxfmt/bin/oxfmt', '.']],
  margay: [['apps/cli/src/main.ts']],
  conformance: [['scripts/conformance.ts']],
  node: [[]],
}

function fail(message) {
  process.stderr.write(`margay: ${message}\n`)
  process.exit(1)
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const mark = join(root, 'node_modules', '.margay-lock')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return
  process.stderr.write('margay: installing packages from package-lock.json (about a minute, once)\n')
  const npm = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (npm.status !== 0) fail('npm ci failed; the lines above say why. Run it again once that is mended')
  mkdirSync(dirname(mark), { recursive: true })
  writeFileSync(mark, lock)
}

function findNode() {
  if (Number(process.versions.node.split('.')[0]) === runtimeMajor) return process.execPath
  const require = createRequire(join(root, 'package.json'))
  const name = `node-linux-${process.arch}`
  try {
    const path = join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node')
    if (existsSync(path)) return path
  } catch {}
  return fail(
    `Node ${runtimeMajor} is needed, this is ${process.version}, and the package ${name} is not installed; install Node ${runtimeMajor} or run on Linux x64 or arm64`,
  )
}

const [word, ...rest] = process.argv.slice(2)
const programs = commands[word]
if (!programs) fail(`unknown command "${word ?? ''}"; one of ${Object.keys(commands).join(', ')}`)
install()
const node = findNode()
const env = { ...process.env, NODE_NO_WARNINGS: '1' }

/** Runs one program in the foreground; signals go to it and its exit code is ours. */
function run(index) {
  const child = spawn(node, [...programs[index], ...rest], {
    cwd: word === 'margay' ? (process.env.INIT_CWD ?? root) : root,
    stdio: 'inherit',
    env,
  })
  const pass = (signal) => child.kill(signal)
  process.on('SIGINT', pass)
  process.on('SIGTERM', pass)
  child.on('exit', (code, signal) => {
    process.off('SIGINT', pass)
    process.off('SIGTERM', pass)
    const status = signal ? 1 : (code ?? 1)
    if (status === 0 && index + 1 < programs.length) run(index + 1)
    else process.exit(status)
  })
}
if (word === 'margay') programs[0][0] = join(root, programs[0][0])
run(0)

#!/usr/bin/env node
// Starts the CLI with the Node that the lock names, whatever Node runs this. Plain JavaScript that an old Node can read.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const bundled = join(here, '..', 'dist', 'main.mjs')
const main = existsSync(bundled) ? bundled : join(here, '..', 'src', 'main.ts')

function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const name = `node-linux-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node')
  } catch {
    process.stderr.write(
      `margay: Node 24 is needed, this is ${process.version}; install it, or run "npm install" here\n`,
    )
    return process.exit(1)
  }
}

const child = spawn(findNode(), [main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_NO_WARNINGS: '1' },
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal ? 128 + 2 : (code ?? 1)))

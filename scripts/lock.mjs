// Completes package-lock.json after `npm install`: npm leaves out platform packages that the registry did not serve to
// it, and `npm ci` then refuses the lock. A stub entry (version, os, cpu, optional) is enough for it to pass.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const platforms = {
  '@chdb/lib-darwin-arm64': ['darwin', 'arm64'],
  '@chdb/lib-darwin-x64': ['darwin', 'x64'],
  '@chdb/lib-linux-arm64-gnu': ['linux', 'arm64'],
  '@chdb/lib-linux-x64-gnu': ['linux', 'x64'],
}
const versions = lock.packages['node_modules/chdb'].optionalDependencies
for (const [name, [os, cpu]] of Object.entries(platforms)) {
  lock.packages[`node_modules/${name}`] ??= { version: versions[name], optional: true, os: [os], cpu: [cpu] }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, JSON.stringify(lock, null, 2) + '\n')

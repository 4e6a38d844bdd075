// The lab's building blocks: network namespaces on a bridge as pods, each with a cgroup as the kubelet shapes them, and
// real programs run in them. The bridge lives in a namespace of its own (the hub, our node), so nothing of the machine is
// touched. Names carry a prefix of the run; whatever was made is recorded and taken down by its recorded name and pid.
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly pid: number
}

/** A program that goes on until it is stopped or the lab is closed. */
export interface Running {
  readonly pid: number
  readonly process: ChildProcess
  /** Resolves once its output holds `text`; rejects when it ends before. */
  says(text: string): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface Pod {
  readonly name: string
  readonly netns: string
  readonly ip: string
  readonly ip6: string
  readonly uid: string
  /** 64 digits. */
  readonly containerId: string
  run(program: string, ...args: string[]): Promise<Finished>
  start(program: string, ...args: string[]): Running
  /** Runs Python source. */
  python(source: string, ...args: string[]): Promise<Finished>
  /** Starts Python source and waits until it has printed `ready`. */
  serve(source: string, ...args: string[]): Promise<Running>
  /** Ends when something listens on a port. */
  listens(port: number, protocol?: 'tcp' | 'udp'): Promise<void>
}

export interface Lab {
  readonly prefix: string
  /** Namespace of the bridge: the node. */
  readonly hub: string
  /** Cgroup of all pods, relative to the root of the tree: the agent under test sees it alone. */
  readonly cgroup: string
  /** Makes a pod with the addresses 10.77.0.`number` and fd77::`number`. */
  pod(name: string, number: number): Pod
  /** Takes a pod's namespace away; its programs must have ended. */
  removePod(pod: Pod): void
  /** Runs a program in the hub's or a pod's namespace, outside of all cgroups of the lab. */
  inNetns(netns: string, program: string, ...args: string[]): string
  close(): Promise<void>
}

/** How long anything in the lab may take before it counts as broken. */
export const patienceMs = 60_000

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Asks again until the answer is true. */
export async function until(what: string, ask: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (!ask()) {
    if (Date.now() > deadline) throw new Error(`lab: waited ${patienceMs} ms for ${what}`)
    await sleep(50)
  }
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

const cgroupRoot = () => {
  const found = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1]
  if (!found) throw new Error('lab: no cgroup2 is mounted; mount -t cgroup2 none /sys/fs/cgroup/unified')
  return found
}

/** Enters cgroup and namespace, then becomes the program: its pid is the child's. */
const enter = 'echo $$ > "$0/cgroup.procs" && netns=$1 && shift && exec nsenter --net="/var/run/netns/$netns" -- "$@"'

function collect(child: ChildProcess): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr, pid: child.pid! }))
  })
}

function running(child: ChildProcess): Running {
  let output = ''
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return {
    pid: child.pid!,
    process: child,
    says: (text) =>
      until(`"${text}" from ${child.spawnargs.at(-1)}`, () => {
        if (child.exitCode !== null && !output.includes(text)) throw new Error(`lab: program ended early: ${output}`)
        return output.includes(text)
      }),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await ended
    },
  }
}

/** Directories are made one by one and recorded, so that those that were there before stay. */
function makeCgroup(path: string, made: string[]): void {
  if (existsSync(path)) return
  makeCgroup(dirname(path), made)
  mkdirSync(path)
  made.push(path)
}

export function createLab(): Lab {
  if (process.getuid?.() !== 0) throw new Error('lab: namespaces need root')
  // An interface's name has at most 15 letters.
  const prefix = `mg${randomBytes(2).toString('hex')}`
  const hub = `${prefix}hub`
  const bridge = `${prefix}br`
  const cgroup = `margay-lab-${prefix}`
  const root = cgroupRoot()
  const netnses: string[] = []
  const cgroups: string[] = []
  const programs: Running[] = []

  const addNetns = (name: string) => {
    ip('netns', 'add', name)
    netnses.push(name)
    ip('-n', name, 'link', 'set', 'lo', 'up')
  }
  const removeNetns = (name: string) => {
    ip('netns', 'del', name)
    netnses.splice(netnses.indexOf(name), 1)
  }

  addNetns(hub)
  ip('-n', hub, 'link', 'add', bridge, 'type', 'bridge')
  ip('-n', hub, 'link', 'set', bridge, 'up')
  ip('-n', hub, 'addr', 'add', '10.77.0.254/24', 'dev', bridge)
  ip('-n', hub, 'addr', 'add', 'fd77::fe/64', 'dev', bridge, 'nodad')
  makeCgroup(join(root, cgroup), cgroups)

  const connect = (netns: string, number: number) => {
    const outside = `${prefix}v${number}`
    ip('-n', hub, 'link', 'add', outside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns)
    ip('-n', hub, 'link', 'set', outside, 'master', bridge, 'up')
    // One packet per segment, so that counters of packets can be compared with the kernel's of segments.
    for (const [place, device] of [
      [hub, outside],
      [netns, 'eth0'],
    ] as const) {
      ip('-n', place, 'link', 'set', device, 'gso_max_segs', '1')
    }
    ip('-n', netns, 'addr', 'add', `10.77.0.${number}/24`, 'dev', 'eth0')
    ip('-n', netns, 'addr', 'add', `fd77::${number}/64`, 'dev', 'eth0', 'nodad')
    ip('-n', netns, 'link', 'set', 'eth0', 'up')
    ip('-n', netns, 'route', 'add', 'default', 'via', '10.77.0.254')
  }

  const createPod = (name: string, number: number): Pod => {
    const netns = `${prefix}${name}`
    const uid = randomUUID()
    const containerId = randomBytes(32).toString('hex')
    const slice = `kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${containerId}.scope`
    const podCgroup = join(root, cgroup, slice)
    addNetns(netns)
    connect(netns, number)
    makeCgroup(podCgroup, cgroups)
    const launch = (args: readonly string[]) =>
      spawn('sh', ['-c', enter, podCgroup, netns, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const start = (...args: string[]) => {
      const program = running(launch(args))
      programs.push(program)
      return program
    }
    return {
      name,
      netns,
      uid,
      containerId,
      ip: `10.77.0.${number}`,
      ip6: `fd77::${number}`,
      run: (...args) => collect(launch(args)),
      start,
      python: (source, ...args) => collect(launch(['python3', '-c', source, ...args])),
      async serve(source, ...args) {
        const program = start('python3', '-u', '-c', source, ...args)
        await program.says('ready')
        return program
      },
      listens: (port, protocol = 'tcp') =>
        until(`${name} to listen on ${port}`, () =>
          execFileSync('nsenter', [`--net=/var/run/netns/${netns}`, 'ss', protocol === 'tcp' ? '-Hltn' : '-Hlun'], {
            encoding: 'utf8',
          }).includes(`:${port} `),
        ),
    }
  }

  return {
    prefix,
    hub,
    cgroup,
    pod: createPod,
    removePod: ({ netns }) => removeNetns(netns),
    inNetns: (netns, program, ...args) =>
      execFileSync('nsenter', [`--net=/var/run/netns/${netns}`, program, ...args], { encoding: 'utf8' }),
    async close() {
      await Promise.all(programs.map((program) => program.stop('SIGKILL')))
      for (const name of netnses.toReversed()) removeNetns(name)
      for (const path of cgroups.toReversed()) await removeCgroup(path)
    },
  }
}

/** A cgroup can go once the kernel has buried its last process; what a program of ours left behind is ended first. */
async function removeCgroup(path: string): Promise<void> {
  const kill = join(path, 'cgroup.kill')
  if (existsSync(kill)) writeFileSync(kill, '1')
  await until(`cgroup ${path} to be empty`, () => {
    try {
      rmdirSync(path)
      return true
    } catch {
      return !existsSync(path)
    }
  })
}

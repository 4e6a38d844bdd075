// Looks at this machine without changing it: kernel, types, cgroups, privileges, conntrack, and each program by loading it
// and letting it go. A finding that cannot be made is one itself, with the reason.
import { accessSync, constants as fileMode, existsSync, readFileSync } from 'node:fs'
import { arch, release } from 'node:os'
import { join } from 'node:path'
import type { AgentConfig } from '../config.ts'
import { readEnumerators } from '../kernel/btf.ts'
import { writeConstants } from '../kernel/constants.ts'
import { numberReasons } from '../kernel/drop-reasons.ts'
import { probeEach } from '../kernel/load.ts'
import type { ProgramState } from '../kernel/load.ts'
import { openNative, readObject } from '../kernel/native.ts'
import { programs } from '../kernel/programs.ts'
import { findCgroupRoot } from '../process/cgroup-table.ts'
import { judgeCollectors } from './collectors.ts'
import { judgeEvidence } from './evidence.ts'
import { judgeFields } from './fields.ts'
import { worst } from './report.ts'
import type { DoctorReport, Finding } from './report.ts'

const btfPath = '/sys/kernel/btf/vmlinux'

/** Bits of capabilities(7). */
const capabilities = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_NET_ADMIN: 12,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const

/** Names of the effective capabilities that matter here, from the text of /proc/self/status. */
export function readCapabilities(status: string): ReadonlySet<string> {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return new Set(Object.entries(capabilities).flatMap(([name, bit]) => ((bits >> BigInt(bit)) & 1n ? [name] : [])))
}

/** SYS_ADMIN stands in for BPF and PERFMON, not for NET_ADMIN. */
export function judgePrivileges(held: ReadonlySet<string>): Finding {
  const lacks = ['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN'].filter(
    (name) => !held.has(name) && !(held.has('CAP_SYS_ADMIN') && name !== 'CAP_NET_ADMIN'),
  )
  const base = { name: 'privileges', title: 'Privileges' }
  if (lacks.length > 0) {
    const what = lacks.every((name) => name === 'CAP_NET_ADMIN')
      ? 'nothing can be attached to cgroups, and conntrack and log rules cannot be read'
      : 'no eBPF program can be loaded'
    const found = `${lacks.join(', ')} not held; ${what}`
    return { ...base, verdict: 'missing', found, hint: 'run the agent as root, or with these capabilities' }
  }
  const wishes = [
    ...(held.has('CAP_SYS_PTRACE') || held.has('CAP_SYS_ADMIN')
      ? []
      : ['CAP_SYS_PTRACE, to name processes of other users that are older than the agent']),
    ...(held.has('CAP_DAC_READ_SEARCH') ? [] : ['CAP_DAC_READ_SEARCH, to find the pod of a process that has ended']),
  ]
  if (wishes.length > 0) {
    const found = 'enough for eBPF, not for all that it is asked beside it'
    return { ...base, verdict: 'limited', found, hint: `add ${wishes.join('; ')}` }
  }
  return { ...base, verdict: 'ok', found: [...held].join(', ') }
}

function readTypes(): { readonly finding: Finding; readonly enumerators: ReadonlyMap<string, number> } {
  const base = { name: 'btf', title: 'Kernel types (BTF)' }
  try {
    const enumerators = readEnumerators(readFileSync(btfPath), 'skb_drop_reason')
    return { finding: { ...base, verdict: 'ok', found: btfPath }, enumerators }
  } catch (error) {
    const hint = 'a kernel built with CONFIG_DEBUG_INFO_BTF is needed; those of all large distributions are'
    return { finding: { ...base, verdict: 'missing', found: (error as Error).message, hint }, enumerators: new Map() }
  }
}

function findCgroup(config: AgentConfig): { readonly finding: Finding; readonly root: string | undefined } {
  const base = { name: 'cgroup', title: 'Cgroups' }
  const root = findCgroupRoot(readFileSync(join(config.procPath, 'mounts'), 'utf8'))
  if (!root) {
    const hint = 'mount -t cgroup2 none /sys/fs/cgroup/unified'
    return { root, finding: { ...base, verdict: 'missing', found: 'no cgroup2 is mounted: no UDP, DNS, pods', hint } }
  }
  // Every cgroup but the root of all has a type.
  if (existsSync(join(root, 'cgroup.type'))) {
    const found = `${root} is the part of the tree that this container has: no other process's UDP, DNS, pods`
    const hint = "mount the node's /sys/fs/cgroup there, as the chart does"
    return { root, finding: { ...base, verdict: 'limited', found, hint } }
  }
  const isHybrid = root !== '/sys/fs/cgroup'
  const found = isHybrid ? `cgroup2 beside version 1, at ${root}` : `cgroup2 at ${root}`
  return { root, finding: { ...base, verdict: 'ok', found } }
}

function judgeConntrack(config: AgentConfig): Finding {
  const base = { name: 'conntrack', title: 'Conntrack' }
  const path = join(config.procPath, 'sys/net/netfilter/nf_conntrack_max')
  if (existsSync(path)) return { ...base, verdict: 'ok', found: 'there: service addresses are told from pods' }
  return {
    ...base,
    verdict: 'limited',
    found: 'not loaded: service addresses appear as dialled',
    hint: 'modprobe nf_conntrack',
  }
}

/** Names are read from packets on their way through a cgroup. */
function judgeNames({ dnsPorts }: AgentConfig, loaded: ReadonlySet<string>): Finding {
  const base = { name: 'dns', title: 'DNS' }
  if (![...loaded].some((name) => name.startsWith('see_egress'))) {
    const hint = 'the programs on cgroups are needed; addresses outside stay without names'
    return { ...base, verdict: 'limited', found: 'questions and answers are not seen', hint }
  }
  const found = `questions and answers on port ${dnsPorts.join(', ')} are read; over TLS or HTTPS only the connection is seen`
  return { ...base, verdict: 'ok', found }
}

function judgeReasons(enumerators: ReadonlyMap<string, number>, config: AgentConfig): Finding {
  const { byNumber, unknown } = numberReasons(enumerators, config.dropReasons)
  const base = { name: 'reasons', title: 'Drop reasons' }
  if (byNumber.size === 0) return { ...base, verdict: 'limited', found: 'this kernel does not name them (before 5.17)' }
  const found = `${byNumber.size} of ${config.dropReasons.length} names known`
  return { ...base, verdict: 'ok', found: unknown.length > 0 ? `${found}; not ${unknown.join(', ')}` : found }
}

function judgeData(config: AgentConfig): Finding {
  const base = { name: 'data', title: 'Data directory' }
  let dir = config.data
  while (!existsSync(dir)) dir = join(dir, '..')
  try {
    accessSync(dir, fileMode.W_OK)
    return { ...base, verdict: 'ok', found: config.data }
  } catch (error) {
    return { ...base, verdict: 'missing', found: (error as Error).message, hint: 'give another one with --data' }
  }
}

/** Where rows go, and whether what shows who we are can be read. Nothing is sent. */
export function judgeServer({ server, tokenFile, ca }: AgentConfig['ship']): Finding {
  const base = { name: 'server', title: 'Server' }
  try {
    for (const path of [tokenFile, ca]) if (path !== undefined) accessSync(path, fileMode.R_OK)
  } catch (error) {
    const found = `${server}, but ${(error as Error).message}`
    return { ...base, verdict: 'limited', found, hint: 'rows wait on disk until that file is there' }
  }
  const parts = [
    ...(tokenFile === undefined ? [] : [`the token in ${tokenFile}`]),
    ...(ca === undefined ? [] : [`the authority in ${ca}`]),
  ]
  return { ...base, verdict: 'ok', found: [server, ...parts].join(', with ') }
}

/** The states of all programs; where none can be tried, all carry the reason. */
function tryPrograms(config: AgentConfig, opened: ReturnType<typeof openNative>): readonly ProgramState[] {
  const names = programs.map(({ name }) => name)
  const none = (problem: string) => names.map((name) => ({ name, problem }))
  if ('problem' in opened) return none(opened.problem)
  const object = readObject()
  if (!object) return none('the eBPF object is not built; run apps/agent/build.ts')
  const constants = writeConstants({ dnsPorts: config.dnsPorts, dropReasons: [] })
  return probeEach(opened.native, { object, constants, cgroupPath: '' }, names)
}

function findingOf(state: ProgramState): Finding {
  const program = programs.find(({ name }) => name === state.name)!
  const base = { name: program.name, title: program.title }
  if (state.problem === undefined) return { ...base, verdict: 'ok', found: program.hook }
  const found = `${program.hook}: ${state.problem}`
  return { ...base, verdict: 'limited', found, hint: `since kernel ${program.since}; without it ${program.without}` }
}

/** Of programs that load, those that have something to be attached to where no cgroup2 is mounted. */
function withoutCgroups(loaded: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    programs.filter(({ name, hook }) => loaded.has(name) && !hook.startsWith('cgroup')).map(({ name }) => name),
  )
}

/** Everything that decides what the agent will see here. Loads nothing that stays. */
export function examine(config: AgentConfig): Omit<DoctorReport, 'delivery'> {
  const types = readTypes()
  const cgroup = findCgroup(config)
  const conntrack = judgeConntrack(config)
  const reasons = judgeReasons(types.enumerators, config)
  const privileges = judgePrivileges(readCapabilities(readFileSync('/proc/self/status', 'utf8')))
  const opened = openNative()
  const states = tryPrograms(config, opened)
  const loaded = new Set(states.filter(({ problem }) => problem === undefined).map(({ name }) => name))
  const programsInForce = cgroup.root ? loaded : withoutCgroups(loaded)
  const findings = [
    privileges,
    types.finding,
    cgroup.finding,
    conntrack,
    reasons,
    judgeNames(config, programsInForce),
    judgeData(config),
    judgeServer(config.ship),
  ]
  const fields = judgeFields({
    programs: programsInForce,
    conntrack: conntrack.verdict === 'ok',
    reasons: reasons.verdict === 'ok',
  })
  const evidence = judgeEvidence(config, 'native' in opened ? opened.native : undefined, {
    drops: loaded.has('see_drop') && reasons.verdict === 'ok',
    conntrack: conntrack.verdict === 'ok',
  })
  const byRules = evidence.filter(({ name }) => name === 'nflog' || name === 'nf-trace')
  const collectors = judgeCollectors({
    programs: programsInForce,
    findings: new Map([...byRules, conntrack].map((finding) => [finding.name, finding])),
    problem: 'problem' in opened ? opened.problem : undefined,
  })
  return {
    kernel: release(),
    machine: arch(),
    verdict: worst([...findings, ...fields].map(({ verdict }) => verdict)),
    findings,
    programs: states.map(findingOf),
    collectors,
    evidence,
    fields,
  }
}

// Says what cluster is up: how long its start took, what it takes of this machine, and what is in it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { processesOf } from './parts/cgroups.ts'
import { createKubectl } from './parts/kubectl.ts'
import { readRecord, type ClusterRecord } from './parts/record.ts'

const pageBytes = 4096

/** Resident bytes of a process; 0 for one that has ended meanwhile. */
function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes
  } catch {
    return 0
  }
}

/** Resident bytes of all processes of a cluster, shared pages counted for each of them. */
export const memoryOf = ({ cgroup }: ClusterRecord): number =>
  processesOf(cgroup).reduce((sum, pid) => sum + residentOf(pid), 0)

const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`

/** Some lines of text. */
export async function status(): Promise<string> {
  const record = readRecord()
  if (record === undefined) return 'no cluster is up; npm run cluster -- up starts one\n'
  const processes = processesOf(record.cgroup)
  if (processes.length === 0)
    return 'a cluster was up and is gone; npm run cluster -- down removes what is left of it\n'
  const steps = Object.entries(record.steps).map(([name, ms]) => `  ${name}: ${(ms / 1000).toFixed(1)} s`)
  const kubeconfig = join(record.dir, 'admin.kubeconfig')
  const kubectl = createKubectl(kubeconfig)
  const objects = await kubectl
    .run(['get', 'nodes,pods', '-A', '-o', 'wide'])
    .catch((error: Error) => `${error.message}\n`)
  return `${record.kept ? 'up for people' : 'up for a test'} since ${new Date(record.startedAt).toISOString()}: ${record.prefix}
${processes.length} processes, ${megabytes(memoryOf(record))}
KUBECONFIG=${kubeconfig}
its start took
${steps.join('\n')}

${objects}`
}

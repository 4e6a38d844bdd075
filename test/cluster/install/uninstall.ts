// The end of an installation: nothing of it stays, but for data, which are somebody's.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { processesOf } from '../parts/cgroups.ts'
import type { Stand } from '../stand.ts'

/** Empty for one that has ended meanwhile. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

export function uninstallSuite(stand: Stand): void {
  describe('uninstall', () => {
    it('leaves nothing but the claim of the data and rows that wait for a server', async () => {
      const { kubectl, nodes, record } = stand.cluster
      await stand.product.uninstall()
      const kinds = (await kubectl.run(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n')
      // Events tell of what was; they end by themselves.
      const looked = kinds.filter((kind) => !kind.startsWith('events')).join(',')
      const leftBy = async (label: string) => {
        const words = ['get', looked, '-A', '-l', label, '-o', 'name', '--ignore-not-found']
        return (await kubectl.run(words)).trim()
      }
      expect(await leftBy('app.kubernetes.io/part-of=margay')).toBe('')
      expect(await leftBy('app.kubernetes.io/instance=margay')).toBe('persistentvolumeclaim/data-margay-server-0')
      for (const node of nodes.filter(({ cgroup }) => processesOf(cgroup).length > 0)) {
        expect(node.run('sh', '-c', 'ls -d /var/lib/margay/* /run/margay* 2>/dev/null || true').trim()).toBe(
          '/var/lib/margay/agent',
        )
      }
      expect(processesOf(record.cgroup).filter((pid) => commandOf(pid).includes('/opt/margay/'))).toEqual([])
    })
  })
}

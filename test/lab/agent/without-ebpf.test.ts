// The agent where no eBPF program may be loaded: what is left is said and seen.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programs } from '../../../apps/agent/src/kernel/programs.ts'
import { startAgent, total } from '../agent-process.ts'
import { createLab, until } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'
import { listener } from '../listener.ts'

const client = `
import socket,time
s=socket.create_connection(("10.77.0.2",80)); print("ready")
while 1: s.sendall(b"x"*1000); s.recv(65536); time.sleep(.5)
`

describe('without eBPF', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  beforeAll(() => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
  })
  afterAll(() => lab.close())

  it('still sees live connections of every namespace, with process, pod and direction', async () => {
    await b.serve(listener(80, 'while c.recv(65536): c.sendall(b"y"*1000)'))
    await a.serve(client)
    const agent = await startAgent(lab, '--leave-out', programs.map(({ name }) => name).join(','))
    const bytesOf = (reporter: string) =>
      total(
        agent.rows.filter((row) => row.dest_port === 80 && row.reporter === reporter),
        'bytes_in',
      )
    await until('bytes of both ends', () => bytesOf('src') > 1000 && bytesOf('dst') > 1000)
    const rows = (await agent.stop()).filter((row) => row.log === 'flows' && row.dest_port === 80)
    for (const [reporter, pod] of [
      ['src', a],
      ['dst', b],
    ] as const) {
      const seen = rows.filter((row) => row.reporter === reporter)
      expect(seen.length).toBeGreaterThan(0)
      expect(new Set(seen.map((row) => row.process_name))).toEqual(new Set(['python3']))
      expect(new Set(seen.map((row) => row.pod_uid))).toEqual(new Set([pod.uid]))
      expect(new Set(seen.map((row) => row.source_ip))).toEqual(new Set(['10.77.0.1']))
      expect(total(seen, 'bytes_in')).toBeGreaterThan(1000)
    }
  })
})

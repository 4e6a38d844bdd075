// Servers behind MPTCP, which are most of a cluster: Go's listen with it wherever the kernel has it. Their connections are
// plain TCP ones of plain clients, and the listener may be older than the agent.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import type { AgentProcess } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'
import { echoing, listener } from '../listener.ts'

const mptcp = { protocol: 262 }
const client = `
import socket
s=socket.create_connection(("10.77.0.2",%)); s.sendall(b"hello"); s.recv(100); s.close()
`

describe('a server behind MPTCP', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  beforeAll(() => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
  })
  afterAll(() => lab.close())

  const expectBothEnds = async (agent: AgentProcess, port: number) => {
    for (let i = 0; i < 5; i++) await a.python(client.replace('%', String(port)))
    const rows = (await agent.stop()).filter((row) => row.log === 'flows' && row.dest_port === port)
    for (const [reporter, pod] of [
      ['src', a],
      ['dst', b],
    ] as const) {
      const seen = rows.filter((row) => row.reporter === reporter)
      expect([reporter, total(seen, 'num_flows_started'), total(seen, 'num_flows_completed')]).toEqual([reporter, 5, 5])
      expect([...new Set(seen.map((row) => row.pod_uid))]).toEqual([pod.uid])
      expect([...new Set(seen.map((row) => row.process_name))]).toEqual(['python3'])
      expect([...new Set(seen.map((row) => row.direction))]).toEqual([reporter === 'src' ? 'egress' : 'ingress'])
    }
  }

  it('that is older than the agent reports each connection, with its process and pod', async () => {
    await b.serve(listener(80, echoing, mptcp))
    await expectBothEnds(await startAgent(lab), 80)
  })

  it('that is younger does so too', async () => {
    const agent = await startAgent(lab)
    await b.serve(listener(81, echoing, mptcp))
    await expectBothEnds(agent, 81)
  })

  it('is known to listen, so that older connections have a direction', async () => {
    await b.serve(listener(82, 'while c.recv(65536): pass', mptcp))
    const holder = await a.serve(`
import socket,signal,time
signal.pthread_sigmask(signal.SIG_BLOCK,[signal.SIGUSR1])
s=socket.create_connection(("10.77.0.2",82)); s.sendall(b"x"); print("ready")
signal.sigwait([signal.SIGUSR1]); s.sendall(b"x"*1000); time.sleep(60)
`)
    const agent = await startAgent(lab)
    holder.process.kill('SIGUSR1')
    for (const reporter of ['src', 'dst'])
      await agent.sees(`its ${reporter}`, (row) => row.dest_port === 82 && row.reporter === reporter)
    const rows = (await agent.stop()).filter((row) => row.log === 'flows' && row.dest_port === 82)
    expect(new Set(rows.map((row) => `${String(row.reporter)} ${String(row.direction)}`))).toEqual(
      new Set(['src egress', 'dst ingress']),
    )
  })
})

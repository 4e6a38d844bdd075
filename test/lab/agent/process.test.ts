// Names of processes on the real kernel, against known-fault A2: the program's whole name, whatever its threads call
// themselves and however short it lived.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAgent, total } from '../agent-process.ts'
import { createLab } from '../lab.ts'
import type { Lab, Pod } from '../lab.ts'

const threads = `
import threading,ctypes,socket
l=ctypes.CDLL(None)
def f(i):
  l.prctl(15,b"worker-%d"%i,0,0,0); socket.socket(2,2).sendto(b"x",("10.77.0.2",9))
for i in range(3): t=threading.Thread(target=f,args=(i,)); t.start(); t.join()
`

describe('process names', () => {
  let lab: Lab
  let a: Pod
  let b: Pod
  const dir = mkdtempSync(join(tmpdir(), 'margay-lab-'))
  beforeAll(() => {
    lab = createLab()
    a = lab.pod('a', 1)
    b = lab.pod('b', 2)
  })
  afterAll(async () => {
    await lab.close()
    rmSync(dir, { recursive: true })
  })

  it('names fifty digs dig, not by the threads that send', async () => {
    b.start('dnsmasq', '-k', '--no-resolv', '--no-hosts', '--user=root', '--pid-file=', '--address=/x.test/10.77.0.2')
    await b.listens(53, 'udp')
    const agent = await startAgent(lab)
    const asked = await a.run('sh', '-c', 'for i in $(seq 50); do dig +short @10.77.0.2 x.test; done')
    expect(asked.stdout.split('\n').filter((line) => line === '10.77.0.2')).toHaveLength(50)
    const rows = await agent.stop()
    const flows = rows.filter(
      ({ log, reporter, dest_port: port }) => log === 'flows' && reporter === 'src' && port === 53,
    )
    expect(new Set(flows.map((row) => row.process_name))).toEqual(new Set(['dig']))
    expect(total(flows, 'num_flows_started')).toBe(50)
    const lookups = rows.filter(({ log }) => log === 'dns')
    expect(new Set(lookups.map((row) => row.process_name))).toEqual(new Set(['dig']))
    expect(total(lookups, 'count')).toBe(50)
    expect(total(lookups, 'latency_count')).toBe(50)
    expect(new Set(lookups.flatMap((row) => row.process_args))).toEqual(new Set(['dig +short @10.77.0.2 x.test']))
  })

  it('gives three threads that rename themselves one name, the process', async () => {
    const agent = await startAgent(lab)
    await a.python(threads)
    const rows = (await agent.stop()).filter(({ reporter, dest_port: port }) => reporter === 'src' && port === 9)
    expect(new Set(rows.map((row) => row.process_name))).toEqual(new Set(['python3']))
    expect(total(rows, 'num_flows_started')).toBe(3)
  })

  it.each(['before', 'after'])(
    'names the program whose main thread renames itself, started %s the agent',
    async (when) => {
      const source = `
import ctypes,signal,socket
signal.pthread_sigmask(signal.SIG_BLOCK,[signal.SIGUSR1])
ctypes.CDLL(None).prctl(15,b"MainThread",0,0,0); print("ready"); signal.sigwait([signal.SIGUSR1])
socket.socket(2,2).sendto(b"x",("10.77.0.2",10)); print("sent")
`
      const early = when === 'before' ? await a.serve(source) : undefined
      const agent = await startAgent(lab)
      const program = early ?? (await a.serve(source))
      program.process.kill('SIGUSR1')
      await program.says('sent')
      const rows = (await agent.stop()).filter(({ reporter, dest_port: port }) => reporter === 'src' && port === 10)
      expect(new Set(rows.map((row) => String(row.process_name).replace(/[.\d]+$/, '')))).toEqual(new Set(['python']))
    },
  )

  it('gives a name of more than fifteen letters whole, also of a process that has ended', async () => {
    const program = join(dir, 'network-observer-long-name')
    copyFileSync(execFileSync('sh', ['-c', 'readlink -f "$(command -v ncat)"'], { encoding: 'utf8' }).trim(), program)
    const server = b.start(program, '-lk', '88')
    await b.listens(88)
    const agent = await startAgent(lab)
    await a.run('sh', '-c', `echo x | ${program} 10.77.0.2 88`)
    const rows = (await agent.stop()).filter(({ log, dest_port: port }) => log === 'flows' && port === 88)
    await server.stop()
    expect(new Set(rows.map((row) => `${String(row.reporter)} ${String(row.process_name)}`))).toEqual(
      new Set(['dst network-observer-long-name', 'src network-observer-long-name']),
    )
  })
})

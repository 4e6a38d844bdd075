// Who reads a group of netfilter's log: whoever had it keeps it, whoever it belongs to gets it, and a flood costs records
// that are counted, never the agent.
import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AgentProcess } from '../agent-process.ts'
import { doctorIn, inHub, startAgent, total } from '../agent-process.ts'
import { felixRules } from '../felix-rules.ts'
import { createLab, sleep, until } from '../lab.ts'
import type { Lab } from '../lab.ts'
import { echoing, listener } from '../listener.ts'
import { createForwardingNode, oneConnection } from '../node.ts'
import type { ForwardingNode } from '../node.ts'

/** Binds a group and prints how the kernel answered; counts what it is sent until it is ended. */
const reader = `
import socket,struct,sys
s=socket.socket(16,3,12); s.bind((0,0))
def ask(group,kind,value):
  a=struct.pack("HH",4+len(value),kind)+value; a+=b"\\0"*(-len(a)%4)
  b=struct.pack(">BBH",0,0,group)+a
  s.send(struct.pack("IHHII",16+len(b),0x401,5,1,0)+b)
  return struct.unpack_from("i",s.recv(4096),16)[0]
print("bound",ask(int(sys.argv[1]),1,b"\\1"),flush=True)
n=0
while 1:
  s.recv(65536); n+=1; print("record",flush=True)
`
const flood = `
import socket,sys
s=socket.socket(2,2)
for i in range(int(sys.argv[2])):
  try: s.sendto(b"x",(sys.argv[1],9))
  except OSError: pass
`

describe("groups of netfilter's log", () => {
  let lab: Lab
  let node: ForwardingNode
  let running: AgentProcess | undefined
  const readers: ReturnType<typeof spawn>[] = []
  let dir: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'margay-groups-'))
    lab = createLab()
    node = createForwardingNode(lab)
    await node.server.serve(listener(80, echoing))
    const rules = [{ action: 'allow', match: 'tcp dport 80' }] as const
    node.load(
      felixRules('felix', [
        { ip: node.client.ip, profile: 'kns.shop', tier: 'default' },
        { ip: node.server.ip, profile: 'kns.shop', tier: 'default', ingress: [{ id: 'knp/shop/web', rules }] },
      ]),
    )
  })
  afterEach(() => {
    running?.signal('SIGKILL')
    for (const child of readers.splice(0)) child.kill('SIGKILL')
  })
  afterAll(async () => {
    await lab.close()
    rmSync(dir, { recursive: true })
  })

  /** Another reader in the node's namespace, by a program's name of its own. */
  function startReader(group: number) {
    const child = spawn('nsenter', [
      `--net=/var/run/netns/${lab.hub}`,
      '--',
      'python3',
      '-u',
      '-c',
      reader,
      String(group),
    ])
    readers.push(child)
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    return { says: (text: string) => until(`"${text}" from the reader`, () => output.includes(text)) }
  }
  const nflogByDoctor = () => doctorIn(...inHub(lab)).evidence.find(({ name }) => name === 'nflog')
  const holders = () => lab.inNetns(lab.hub, 'cat', '/proc/net/netfilter/nfnetlink_log').trim()
  const connect = () => node.client.python(oneConnection, node.server.ip, '80')
  const hasMark = (agent: AgentProcess, text: string) =>
    agent.sees(text, (row) => JSON.stringify(row.marks ?? []).includes(text))

  it('that somebody reads stay theirs, and the agent goes on with the others', async () => {
    const other = startReader(1)
    await other.says('bound 0')
    running = await startAgent(lab)
    await connect()
    await other.says('record')
    await hasMark(running, 'nflog|2|')
    expect(nflogByDoctor()).toMatchObject({
      verdict: 'limited',
      found: expect.stringMatching(/^group 1 read by python3 \(process \d+\)$/),
    })
    const rows = await running.stop()
    expect(JSON.stringify(rows)).not.toContain('nflog|1|')
  })

  it('are given back as soon as a program starts that they belong to', async () => {
    running = await startAgent(lab, '--nflog-yield-to', 'group-owner')
    expect(nflogByDoctor()).toMatchObject({
      verdict: 'ok',
      found: expect.stringMatching(
        /^are read by the agent that runs here \(process \d+\); groups asked for: 1, 2, 100$/,
      ),
    })
    await connect()
    await hasMark(running, 'nflog|1|API0|knp/shop/web')
    const program = join(dir, 'group-owner')
    copyFileSync('/bin/sleep', program)
    node.client.start(program, '600')
    await until('the groups to be free for their owner', () => holders() === '')
    await startReader(1).says('bound 0')
  })

  it('that are flooded lose records, which are counted, and the next connection is marked again', async () => {
    const packets = 60_000
    running = await startAgent(lab)
    await connect()
    await hasMark(running, 'nflog|1|')
    running.signal('SIGSTOP')
    await node.client.python(flood, node.server.ip, String(packets))
    running.signal('SIGCONT')
    const isTold = () => running!.rows.some(({ log, what }) => log === 'lost' && what === 'nflog_records')
    // A gap shows in the record after it, which must find room itself.
    for (let tries = 0; tries < 60 && !isTold(); tries++) {
      await connect()
      await sleep(500)
    }
    const rows = await running.stop()
    const lost = total(
      rows.filter(({ log, what }) => log === 'lost' && what === 'nflog_records'),
      'count',
    )
    expect(lost).toBeGreaterThan(0)
    expect(lost).toBeLessThan(2 * packets)
  })
})

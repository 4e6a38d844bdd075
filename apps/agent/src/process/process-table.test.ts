import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { execRecord, execRecordSize } from '../kernel/layout.ts'
import { createProcessTable, programName, splitArgs, wholeName } from './process-table.ts'

const config = { args: 'redacted', procPath: '/proc', maxProcesses: 2 } as const

function execBytes(pid: number, started: number, comm: string, file: string, args: readonly string[]): Buffer {
  const bytes = Buffer.alloc(execRecordSize)
  const line = `${args.join('\0')}\0`
  bytes.writeUInt32LE(pid, execRecord.pid)
  bytes.writeUInt32LE(started, execRecord.started)
  bytes.writeUInt32LE(line.length, execRecord.argsSize)
  bytes.write(comm, execRecord.comm)
  bytes.write(file, execRecord.file)
  bytes.write(line, execRecord.args)
  return bytes
}

describe('processes', () => {
  it('completes a name that the kernel cut at fifteen bytes', () => {
    expect(wholeName('network-observe', ['/usr/bin/network-observer-long-name'])).toBe('network-observer-long-name')
    expect(wholeName('network-observe', ['/memfd:x', 'network-observer'])).toBe('network-observer')
    expect(wholeName('network-observe', ['/usr/bin/python3'])).toBe('network-observe')
    expect(wholeName('curl', ['/usr/bin/curl-wrapper'])).toBe('curl')
    expect(wholeName('exactly-fifteen', ['/bin/exactly-fifteen (deleted)'])).toBe('exactly-fifteen')
  })

  it.each([
    ['MainThread', '/usr/bin/node', ['node', 'x.js'], 'node'],
    ['node', '/opt/node-24/bin/node', ['node', 'x.js'], 'node'],
    ['python3', '/usr/bin/python3.11', ['python3', '-'], 'python3'],
    ['backup.py', '/usr/bin/python3.11', ['/usr/bin/python3', '/opt/backup.py'], 'backup.py'],
    ['wget', '/bin/busybox', ['wget', 'http://x'], 'wget'],
    ['nginx', '/usr/sbin/nginx', ['nginx: worker process'], 'nginx'],
    ['php-fpm8.2', '/usr/sbin/php-fpm8.2', ['php-fpm: pool www'], 'php-fpm8.2'],
    [
      'network-observe',
      '/x/network-observer-long-name',
      ['./network-observer-long-name'],
      'network-observer-long-name',
    ],
    ['kworker/0:1', '', [], 'kworker/0:1'],
  ])('names a main thread %s of %s by the program: %j is %s', (comm, file, args, name) => {
    expect(programName(comm, file, args)).toBe(name)
  })

  it('splits arguments at zeros and keeps empty ones', () => {
    expect(splitArgs('a\0\0b\0')).toEqual(['a', '', 'b'])
    expect(splitArgs('')).toEqual([])
  })

  it('knows a process that has ended by its start, and a pid that came again as another', () => {
    const table = createProcessTable(config)
    table.start(execBytes(4_000_000, 7, 'curl', '/usr/bin/curl', ['curl', '--token', 'abc', 'x']), 0)
    expect(table.find(4_000_000, 7, 'curl')).toMatchObject({ name: 'curl', args: 'curl --token [REDACTED] x' })
    expect(table.find(4_000_000, 8e9, 'other')).toMatchObject({ name: 'other', args: undefined })
  })

  it('reads a living process from /proc, if it is the one that is meant', async () => {
    const child = spawn('sleep', ['600'])
    await new Promise((resolve) => child.once('spawn', resolve))
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) * 1e7
    expect(createProcessTable(config).find(child.pid!, started + 3, 'sleep').args).toBe('sleep 600')
    expect(createProcessTable(config).find(child.pid!, started + 1e9, 'sleep').args).toBeUndefined()
    child.kill()
  })

  it('knows after seeding what lived then, also once it has ended', async () => {
    const child = spawn('sleep', ['601'])
    await new Promise((resolve) => child.once('spawn', resolve))
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) * 1e7
    const table = createProcessTable({ ...config, maxProcesses: 100_000 })
    table.seed()
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await ended
    expect(table.find(child.pid!, started + 3, 'renamed')).toMatchObject({ name: 'sleep', args: 'sleep 601' })
  })

  it('keeps to its bound', () => {
    const table = createProcessTable(config)
    for (const pid of [1, 2, 3]) table.start(execBytes(4_000_000 + pid, pid, 'x', '/x', ['x']), 0)
    expect(table.size).toBe(2)
  })
})

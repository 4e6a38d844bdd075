// What --help, README and docs/policy.md show of `margay policy`, run as written.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root, usePolicyFolder } from './folder.ts'
import { cluster, fromApp, ndjson, networkPolicy, seen, yaml } from './objects.ts'

const { policy, shell, write } = usePolicyFolder()

/** Commands of a session, one after the other in one shell, with what they print below them. */
async function session(commands: readonly string[]): Promise<string> {
  const lines = commands.map((command) => {
    const quoted = command.replaceAll("'", `'\\''`)
    return `printf '$ %s\\n' '${quoted}'\n(exit $code)\n${command}\ncode=$?`
  })
  return (await shell(`exec 2>&1\ncode=0\n${lines.join('\n')}\nexit 0`)).out
}

describe('what is written about it', () => {
  const manual = readFileSync(join(root, 'docs/policy.md'), 'utf8')

  interface Session {
    readonly title: string
    readonly files: Readonly<Record<string, string>>
    readonly text: string
  }

  function sessionsOf(text: string): readonly Session[] {
    const sessions: Session[] = []
    const named: Record<string, string> = {}
    let [title, yamlHere, clusterYaml] = ['', '', '']
    for (const [, info = '', body = '', heading] of text.matchAll(/^```(.+)\n([\s\S]*?)^```$|^## (.*)$/gm)) {
      const [, name] = info.split(' ')
      if (heading !== undefined) [title, yamlHere] = [heading, '']
      else if (info === 'yaml cluster') clusterYaml = body
      else if (name !== undefined) named[name] = body
      else if (info === 'yaml') yamlHere = body
      else if (info === 'console')
        sessions.push({
          title,
          text: body,
          files: { 'cluster.yaml': clusterYaml, ...(yamlHere && { 'policies.yaml': yamlHere }) },
        })
      else if (info === 'shell') sessions.push({ title, text: body, files: { ...named } })
    }
    return sessions
  }

  const sessions = sessionsOf(manual)
  it('is more than a few sessions', () => expect(sessions.length).toBeGreaterThanOrEqual(13))

  it.each(sessions)('docs/policy.md, $title', async ({ files, text }) => {
    write(files)
    const commands = text.split('\n').flatMap((line) => (line.startsWith('$ ') ? line.slice(2) : []))
    const told = (await session(commands)).split('\n').filter((line) => !/^pod \S+ is in none of the files/.test(line))
    expect(told.join('\n')).toBe(text)
  })

  const prepared = () => {
    const staged = { ...networkPolicy('db', 'db', [fromApp('web'), { from: [{ namespaceSelector: {} }] }]) }
    write({
      'policies/db.yaml': yaml(staged, networkPolicy('ops', 'probe', [], 'ops')),
      'policies/pods.yaml': yaml(...cluster),
      'base/policies/db.yaml': yaml(networkPolicy('db', 'db', [fromApp('web')])),
      'pods.yaml': yaml(...cluster),
      'pods.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: cluster }),
      'flows.ndjson': ndjson(seen.slice(0, 4)),
    })
  }

  /** What each example ends with; all others with 0. */
  const codes: Readonly<Record<string, number>> = {
    'margay policy explain --policies policies --from ops/probe --to shop/db:5432 --expect deny': 1,
  }

  it.each(['explain', 'lint', 'simulate', 'recommend'])('every example of policy %s --help', async (name) => {
    prepared()
    const help = await policy(name, '--help')
    expect(help.code).toBe(0)
    expect(help.out).toMatch(/Exit codes: 0 .*1 .*\n?.*2 /s)
    const [, after = ''] = help.out.split('Examples:\n')
    const commands = [
      ...after.split('\n').flatMap((line) => (/^ {2}(margay|kubectl) /.test(line) ? line.trim() : [])),
      ...[...after.matchAll(/kubectl get .*$/gm)].map(([line]) => line.trim()),
    ]
    expect(commands.length).toBeGreaterThanOrEqual(3)
    await shell('margay policy recommend --flows flows.ndjson > recommended.yaml')
    for (const command of new Set(commands)) {
      const { code, err } = await shell(command)
      expect([command, code, code === (codes[command] ?? 0) ? '' : err]).toEqual([command, codes[command] ?? 0, ''])
    }
  })

  it('README', async () => {
    const [, section = ''] = /^## Policies\n([\s\S]*?)^## /m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
    const commands = section
      .split('\n')
      .flatMap((line) =>
        line.startsWith('npm run -s margay -- ') ? line.replace('npm run -s margay --', 'margay') : [],
      )
    expect(commands.length).toBeGreaterThanOrEqual(6)
    for (const command of commands) {
      const { code, err } = await shell(command)
      expect([command, code], err).toEqual([command, 0])
    }
  })

  it('is listed in the help of margay, and needs no server', async () => {
    expect((await shell('margay --help')).out).toContain('policy')
    const { code, out } = await shell('margay help policy')
    expect(code).toBe(0)
    for (const name of ['explain', 'lint', 'simulate', 'recommend']) expect(out).toContain(name)
  })
})

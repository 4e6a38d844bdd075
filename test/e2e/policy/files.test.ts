// Files of policies, whatever form they have: what is wrong is named by file and line, and the others are used.
import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { usePolicyFolder } from './folder.ts'
import { cluster, ndjson, networkPolicy, seen, yaml } from './objects.ts'

const { path, policy, write } = usePolicyFolder()

describe('files', () => {
  it('are read from all below a directory, whatever form they have', async () => {
    write({
      'all/a.yaml': `# only a comment\n---\n${yaml(networkPolicy('one', 'db', []), networkPolicy('two', 'db', []))}`,
      'all/deep/er/b.yml': yaml({ kind: 'NetworkPolicyList', items: [networkPolicy('three', 'db', [])] }),
      'all/deep/c.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: cluster }, undefined, 2),
      'all/.git/d.yaml': 'kind: [',
      'all/readme.md': 'kind: [',
    })
    symlinkSync('..', path('all/deep/loop'))
    execFileSync('mkfifo', [path('all/pipe.yaml')])
    const { out, err } = await policy('explain', '--policies', 'all', '--from', 'shop/web', '--to', 'shop/db:sql')
    expect(out).toContain('isolates it by shop/one, shop/three and shop/two')
    expect(err).toBe('')
  })

  it('that are wrong are named by file, document and line, and the others are used', async () => {
    write({
      'p/1-syntax.yaml': `${yaml(cluster[0])}\n---\nkind: [a,\n  b\n---\n${yaml(networkPolicy('good', 'db', []))}`,
      'p/2-object.yaml':
        'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: networking.k8s.io/v1\n    kind: NetworkPolicy\n    metadata: { namespace: shop, name: bad }\n    spec:\n      podSelector: {}\n      policyTypes: [Ingres]\n',
      'p/3-latin.yaml': Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]),
      'p/4-bomb.yaml': `a: &a [${'x,'.repeat(9)}x]\n${Array.from('bcdefgh', (name, at) => `${name}: &${name} [${`*${'abcdefg'[at]},`.repeat(9)}x]`).join('\n')}\n`,
      'p/5-alias.yaml': '---\n---\na: *nowhere\n',
      'p/6-text.json': '{"kind": "NetworkPolicy"',
      'p/7-proto.json':
        '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","__proto__":{"x":1},"constructor":1}',
      'p/8-many.yaml': '[[[['.repeat(500),
    })
    symlinkSync('nowhere.yaml', path('p/9-link.yaml'))
    const { code, out, err } = await policy('explain', '--policies', 'p', '--from', '192.0.2.9', '--to', 'shop/db:80')
    expect(code).toBe(1)
    for (const start of [
      'p/1-syntax.yaml:5: error: document 2: ',
      'p/2-object.yaml:9: error: document 1: NetworkPolicy shop/bad spec.policyTypes[0]: want one of Ingress, Egress',
      'p/3-latin.yaml:1: error: document 1: is not UTF-8',
      'p/4-bomb.yaml:1: error: document 1: Excessive alias count',
      'p/5-alias.yaml:2: error: document 2: Unresolved alias',
      'p/6-text.json:1: error: document 1: ',
      'p/7-proto.json:1: error: document 1: NetworkPolicy (no name) ',
      'p/8-many.yaml:1: error: document 1: ',
      'p/9-link.yaml:1: error: document 1: ',
    ])
      expect(err, start).toContain(start)
    expect(err).toMatch(/margay: the files have \d+ errors; what they are about was left out\n$/)
    expect(out).toContain('192.0.2.9 to shop/db, tcp port 80: cannot tell\n')
  })

  it('cannot send codes to the terminal through names, nor add lines of their own', async () => {
    const name = 'evil\u001b[2J\u202e\n192.0.2.9 to shop/db, tcp port 80: allowed'
    write({ 'p/a.yaml': yaml(...cluster, networkPolicy(name, 'db', [])) })
    const told = [
      await policy('explain', '--policies', 'p', '--from', '192.0.2.9', '--to', 'shop/db:80'),
      await policy('lint', 'p'),
    ]
    for (const { out, err } of told) {
      expect(out + err).toContain('evil\\u001b[2J\\u202e\\u000a192.0.2.9')
      // oxlint-disable-next-line no-control-regex
      expect(out + err).not.toMatch(/[\u001b\u202e]|^192\.0\.2\.9 to shop\/db, tcp port 80: allowed$/m)
    }
  })

  it('are missed with advice', async () => {
    write({ 'empty/notes.txt': '', 'flows.ndjson': ndjson(seen), 'p/a.yaml': yaml(networkPolicy('db', 'db', [])) })
    const advice =
      'margay: no .yaml, .yml or .json file in empty; name the directory of your policies, or fill this one: '
    for (const args of [
      ['lint', 'empty'],
      ['explain', '--policies', 'empty', '--from', '192.0.2.9', '--to', 'shop/db:80'],
      ['simulate', 'p', 'empty', '--flows', 'flows.ndjson'],
    ]) {
      const { code, out, err } = await policy(...args)
      expect([code, out, err.startsWith(advice)], args.join(' ')).toEqual([2, '', true])
    }
    expect(await policy('lint', 'nowhere')).toMatchObject({
      code: 2,
      err: "margay: cannot read nowhere: ENOENT: no such file or directory, stat 'nowhere'\n",
    })
  })
})

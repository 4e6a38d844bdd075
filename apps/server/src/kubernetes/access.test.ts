// Ways to an API server, from files as kubectl, kubelets and cloud providers write them.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { execConfigSchema, runPlugin } from './credential-plugin.ts'
import { inCluster, isInCluster } from './in-cluster.ts'
import { kubeconfig } from './kubeconfig.ts'
import { openAccess } from './open-access.ts'

let dir: string
let now = 0
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'margay-access-'))
  now = 1_000_000
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const write = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const base64 = (text: string) => Buffer.from(text).toString('base64')
const config = (cluster: object, user: object, more: object = {}) =>
  write(
    'config',
    stringify({
      'current-context': 'one',
      contexts: [
        { name: 'one', context: { cluster: 'c', user: 'u' } },
        { name: 'two', context: { cluster: 'gone', user: 'u' } },
      ],
      clusters: [{ name: 'c', cluster: { server: 'https://api.test:6443/', ...cluster } }],
      users: [{ name: 'u', user }],
      ...more,
    }),
  )
const open = (path: string, context?: string) => kubeconfig({ path, context }, () => now)

describe('a kubeconfig', () => {
  it('gives a token and the authority of the server, from data or from files beside it', async () => {
    const data = open(config({ 'certificate-authority-data': base64('CA') }, { token: 't1' }))
    expect(await data.current()).toEqual({
      server: 'https://api.test:6443',
      tls: { ca: 'CA' },
      authorization: 'Bearer t1',
    })
    write('ca.pem', 'CA of a file')
    expect((await open(config({ 'certificate-authority': 'ca.pem' }, {})).current()).tls).toEqual({
      ca: 'CA of a file',
    })
  })
  it('tells nothing of a file that is no YAML but its name', async () => {
    const torn = open(write('torn', 'users:\n  - token: SECRET: a\n'))
    const error: unknown = await torn.current().catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/torn: it is no YAML/)
    expect(JSON.stringify([String(error), (error as Error).stack, (error as Error).cause])).not.toContain('SECRET')
  })
  it('gives client certificates, names of servers, and basic names', async () => {
    const certificate = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') }
    const { tls } = await open(config({ 'tls-server-name': 'kube' }, certificate)).current()
    expect(tls).toEqual({ cert: 'CERT', key: 'KEY', servername: 'kube' })
    const basic = await open(config({ 'insecure-skip-tls-verify': true }, { username: 'a', password: 'b' })).current()
    expect(basic).toMatchObject({ tls: { rejectUnauthorized: false }, authorization: `Basic ${base64('a:b')}` })
  })
  it('reads a token file again when it may have been renewed, and at once when it was refused', async () => {
    write('token', 'first\n')
    const access = open(config({}, { tokenFile: 'token' }))
    const token = async () => (await access.current()).authorization
    expect(await token()).toBe('Bearer first')
    write('token', 'second')
    expect(await token()).toBe('Bearer first')
    now += 60_001
    expect(await token()).toBe('Bearer second')
    write('token', 'third')
    access.refused()
    expect(await token()).toBe('Bearer third')
  })
  it('runs a credential plugin, and runs it again when what it gave has ended', async () => {
    const expirationTimestamp = new Date(now + 100_000).toISOString()
    const answer = JSON.stringify({ kind: 'ExecCredential', status: { token: 'TOKEN-$RUNS', expirationTimestamp } })
    const script = `#!/bin/sh\necho x >> ${dir}/runs\nRUNS=$(wc -l < ${dir}/runs)\n[ -n "$KUBERNETES_EXEC_INFO" ] || exit 1\necho "${answer.replaceAll('"', '\\"')}"\n`
    const command = write('plugin', script)
    chmodSync(command, 0o700)
    const access = open(config({}, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args: null } }))
    expect((await access.current()).authorization).toMatch(/^Bearer TOKEN- *1$/)
    expect((await access.current()).authorization).toMatch(/1$/)
    now += 80_000
    expect((await access.current()).authorization).toMatch(/2$/)
  })
  it('runs a plugin once for all who ask at the same time', async () => {
    let runs = 0
    const path = config({}, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'any' } })
    const access = kubeconfig(
      { path },
      () => now,
      async () => ({ token: `t${++runs}` }),
    )
    const all = await Promise.all([1, 2, 3].map(() => access.current()))
    expect(all.map(({ authorization }) => authorization)).toEqual(Array(3).fill('Bearer t1'))
    access.refused()
    expect((await access.current()).authorization).toBe('Bearer t2')
  })
  it('does not wait for a plugin that does not end, even one that will not be asked to', async () => {
    const command = write('stuck', "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n")
    chmodSync(command, 0o700)
    const exec = execConfigSchema.parse({ apiVersion: 'client.authentication.k8s.io/v1', command })
    await expect(runPlugin(exec, 'https://api', 200)).rejects.toThrow(/stuck: it did not end within 0.2 s/)
  })
  it.each([
    ['echo SECRET; echo SECRET >&2; exit 3', /it ended with 3; run it by hand/],
    ['echo SECRET', /it printed no ExecCredential/],
    [`echo '{"status":{"token":7,"x":"SECRET"}}'`, /it printed no ExecCredential/],
  ])('repeats nothing of what a plugin wrote: %s', async (body, words) => {
    const command = write('loose', `#!/bin/sh\n${body}\n`)
    chmodSync(command, 0o700)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args: ['--token', 'SECRET'] }
    const error = (await open(config({}, { exec }))
      .current()
      .catch((reason: unknown) => reason)) as Error
    expect(error.message).toMatch(words)
    expect(`${error.stack} ${JSON.stringify(error.cause)}`).not.toContain('SECRET')
  })
  it.each([
    ['no context "three"; there is one, two', {}, {}, 'three'],
    ['no cluster "gone"; there is c', {}, {}, 'two'],
    ['proxies are not supported', { 'proxy-url': 'http://p' }, {}, undefined],
    ['use a credential plugin', {}, { 'auth-provider': { name: 'gcp' } }, undefined],
    ['server', { server: 'api.test' }, {}, undefined],
    ['no-such-file', { 'certificate-authority': 'no-such-file' }, {}, undefined],
    [
      'install the plugin',
      {},
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: '/no/such/program',
          installHint: 'install the plugin',
        },
      },
      undefined,
    ],
  ])('that cannot be used says %s', async (words, cluster, user, context) => {
    await expect(open(config(cluster, user), context).current()).rejects.toThrow(words)
  })
  it('is not troubled by entries of other clusters', async () => {
    const users = [
      { name: 'other', user: { 'auth-provider': { name: 'gcp' } } },
      { name: 'u', user: { token: 't' } },
    ]
    expect((await open(config({}, {}, { users })).current()).authorization).toBe('Bearer t')
  })
})

describe('in a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const account = () => {
    mkdirSync(join(dir, 'account'), { recursive: true })
    write('account/token', 'one')
    write('account/ca.crt', 'CA')
    return join(dir, 'account')
  }
  it('access is that of the service account, whose token is renewed in place', async () => {
    const directory = account()
    expect([isInCluster(env, directory), isInCluster({}, directory), isInCluster(env, dir)]).toEqual([
      true,
      false,
      false,
    ])
    const access = inCluster(env, () => now, directory)
    expect(await access.current()).toEqual({
      server: 'https://10.96.0.1:443',
      tls: { ca: 'CA' },
      authorization: 'Bearer one',
    })
    write('account/token', 'two')
    now += 60_001
    expect((await access.current()).authorization).toBe('Bearer two')
  })
  it('an IPv6 address is written as URLs want it', async () => {
    const access = inCluster({ KUBERNETES_SERVICE_HOST: 'fd00::1' }, () => now, account())
    expect((await access.current()).server).toBe('https://[fd00::1]:443')
  })
})

describe('the options', () => {
  it('mean a kubeconfig where one is given, nothing outside of a cluster, and nothing when off', () => {
    const path = config({}, {})
    const clock = () => now
    expect(openAccess({ read: 'auto', kubeconfig: path }, {}, clock)).toBeDefined()
    expect(openAccess({ read: 'off', kubeconfig: path }, {}, clock)).toBeUndefined()
    expect(openAccess({ read: 'auto' }, {}, clock)).toBeUndefined()
  })
})

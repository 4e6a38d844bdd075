// Which agents may send. What the API server says is held against a real one in test/cluster; here are its answers as values.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkDoor } from '../receivers/agent.ts'
import { createSenders } from './senders.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-senders-'))
afterAll(() => rmSync(dir, { recursive: true }))

const peer = '10.0.0.1'
const noReviews = {
  clock: () => 0,
  nodeOfPod: () => undefined,
  post: () => {
    throw new Error('no API server is asked')
  },
}

interface Account {
  readonly username?: string
  readonly audiences?: readonly string[]
  readonly node?: string
  readonly podUid?: string
  readonly fails?: boolean
}

/** What the inventory knows: one agent's pod, on node-1. */
const nodeOfPod = (uid: string) => (uid === 'uid-1' ? 'node-1' : undefined)

/** Senders by service account, with the API server's answer and how often it was asked. */
function senders({
  username = 'system:serviceaccount:margay:margay-agent',
  audiences = ['margay'],
  node,
  podUid,
  fails,
}: Account) {
  let asked = 0
  let now = 0
  const extra = {
    ...(node !== undefined && { 'authentication.kubernetes.io/node-name': [node] }),
    ...(podUid !== undefined && { 'authentication.kubernetes.io/pod-uid': [podUid] }),
  }
  const post = async () => {
    asked++
    if (fails) throw new Error('connect ECONNREFUSED')
    return { status: { authenticated: true, audiences, user: { username, extra } } }
  }
  const all = createSenders(
    { serviceAccount: 'margay/margay-agent', audience: 'margay' },
    { post: () => post, nodeOfPod, clock: () => now },
  )
  return {
    check: () => all.check('Bearer a.b.c', 'node-1', peer),
    asked: () => asked,
    pass: (ms: number) => (now += ms),
  }
}

describe('agents with the token of the server', () => {
  const path = join(dir, 'token')
  writeFileSync(path, 'a-token-of-enough-length\n')
  it.each<[string, { readonly token?: string; readonly tokenFile?: string }]>([
    ['as it is given', { token: 'a-token-of-enough-length' }],
    ['from a file', { tokenFile: path }],
  ])('%s are taken, and no others', async (_words, given) => {
    const senders = createSenders({ ...given, audience: 'margay' }, noReviews)
    expect(senders.areChecked).toBe(true)
    for (const scheme of ['Bearer', 'bearer']) await senders.check(`${scheme} a-token-of-enough-length`, 'node-1', peer)
    for (const wrong of ['', 'Bearer ', 'Bearer a-token-of-enough-lengtH', 'Basic a-token-of-enough-length'])
      await expect(senders.check(wrong, 'node-1', peer), wrong).rejects.toMatchObject({ status: 401, code: 'no_token' })
  })
  it('a short or missing file is fatal', () => {
    writeFileSync(join(dir, 'short'), 'abc')
    const make = (name: string) => createSenders({ tokenFile: join(dir, name), audience: 'margay' }, noReviews)
    expect(() => make('short')).toThrow(/3 characters/)
    expect(() => make('none')).toThrow(/ENOENT/)
  })
})

describe('agents by service account', () => {
  it('are taken, and asked about once while the answer is good', async () => {
    const { check, asked, pass } = senders({ node: 'node-1' })
    await Promise.all([check(), check(), check()])
    expect(asked()).toBe(1)
    pass(60_000)
    await check()
    expect(asked()).toBe(2)
  })
  it.each<[string, Account, object]>([
    ['of another account', { username: 'system:serviceaccount:shop:web' }, { code: 'wrong_account' }],
    ['of another node', { node: 'node-2' }, { code: 'wrong_node' }],
    ['of a pod on another node', { podUid: 'uid-1', node: 'node-2' }, { code: 'wrong_node' }],
    ['of a pod that is not known yet', { podUid: 'uid-9' }, { code: 'unknown_pod', status: 503 }],
    ['that is bound to nothing', {}, { code: 'unbound_token', status: 403 }],
    ['for another audience', { audiences: ['https://kubernetes.default.svc'] }, { code: 'no_token' }],
    ['that nobody can judge now', { fails: true }, { code: 'not_reviewed', status: 503 }],
  ])('a token %s is refused', async (_words, account, error) => {
    await expect(senders(account).check()).rejects.toMatchObject(error)
  })
  it('speak for the node of their pod where Kubernetes does not name it, as before 1.30', async () => {
    const all = createSenders(
      { serviceAccount: 'margay/margay-agent', audience: 'margay' },
      {
        post: () => async () => ({
          status: {
            authenticated: true,
            audiences: ['margay'],
            user: {
              username: 'system:serviceaccount:margay:margay-agent',
              extra: { 'authentication.kubernetes.io/pod-uid': ['uid-1'] },
            },
          },
        }),
        nodeOfPod,
        clock: () => 0,
      },
    )
    expect(await all.check('Bearer a.b.c', 'node-1', peer)).toBe('node-1')
    await expect(all.check('Bearer a.b.c', 'node-2', peer)).rejects.toMatchObject({ code: 'wrong_node' })
  })
  it('that show tokens of nobody do not keep others out', async () => {
    const nobody = { status: { authenticated: false } }
    const username = 'system:serviceaccount:margay:margay-agent'
    let asked = 0
    const all = createSenders(
      { serviceAccount: 'margay/margay-agent', audience: 'margay' },
      {
        post: () => async (_path, body) => {
          asked++
          const { token } = (body as { spec: { token: string } }).spec
          const extra = { 'authentication.kubernetes.io/node-name': [token] }
          return token.startsWith('node')
            ? { status: { authenticated: true, audiences: ['margay'], user: { username, extra } } }
            : nobody
        },
        nodeOfPod,
        clock: () => 0,
      },
    )
    await all.check('Bearer node-1', 'node-1', peer)
    const codes = new Set<string>()
    for (let n = 0; n < 20_000; n++) {
      await all.check(`Bearer junk-${n}`, 'node-9', '10.0.0.9').catch(({ code }: { code: string }) => codes.add(code))
    }
    expect(codes).toEqual(new Set(['no_token', 'too_many_tokens']))
    expect(asked).toBeLessThan(30)
    // Known ones are not asked about again, and new ones are let in from elsewhere.
    await all.check('Bearer node-1', 'node-1', '10.0.0.9')
    await all.check('Bearer node-2', 'node-2', '10.0.0.2')
  })
  it.each<[string, string, object]>([
    ['of another account', 'system:serviceaccount:shop:web', { 'authentication.kubernetes.io/node-name': ['node-9'] }],
    ['bound to nothing', 'system:serviceaccount:margay:margay-agent', {}],
  ])(
    'are not listened to for a minute where they show any number of good tokens %s',
    async (_words, username, extra) => {
      let asked = 0
      const status = { authenticated: true, audiences: ['margay'], user: { username, extra } }
      const post = async () => {
        asked++
        return { status }
      }
      const all = createSenders(
        { serviceAccount: 'margay/margay-agent', audience: 'margay' },
        { post: () => post, nodeOfPod, clock: () => 0 },
      )
      for (let n = 0; n < 20; n++)
        await expect(all.check(`Bearer own-${n}`, 'node-9', peer)).rejects.toMatchObject({ status: 403 })
      await expect(all.check('Bearer own-20', 'node-9', peer)).rejects.toMatchObject({ code: 'too_many_tokens' })
      expect(asked).toBe(20)
    },
  )
  it('are named as NAMESPACE/NAME', () => {
    expect(() => createSenders({ serviceAccount: 'agent', audience: 'margay' }, noReviews)).toThrow(/NAMESPACE\/NAME/)
  })
})

describe('the door of agents', () => {
  it('stays shut beyond this machine without TLS or without a token', () => {
    const bare = { tls: false, areChecked: false }
    for (const where of ['unix:/run/agent.sock', '127.0.0.1:8586', '[::1]:0']) checkDoor(where, bare)
    expect(() => checkDoor('0.0.0.0:8586', bare)).toThrow(/without TLS .* and a token/)
    expect(() => checkDoor('10.0.0.1:8586', { ...bare, tls: true })).toThrow(/without a token/)
    expect(() => checkDoor('[::]:8586', { ...bare, areChecked: true })).toThrow(/without TLS/)
    checkDoor('[::]:8586', { tls: true, areChecked: true })
  })
})

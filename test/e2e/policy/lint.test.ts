// `margay policy lint`: what it finds, where, and with which exit code.
import { describe, expect, it } from 'vitest'
import { usePolicyFolder } from './folder.ts'
import { cluster, fromApp, networkPolicy, yaml } from './objects.ts'

const { policy, write } = usePolicyFolder()

describe('lint', () => {
  const policies = [
    networkPolicy('nobody', 'cache', [fromApp('web')]),
    networkPolicy('db', 'db', [{ ...fromApp('web'), ports: [{ port: 'mysql' }] }, {}]),
  ]

  it('names file and line of what it finds, and exits with 0 for warnings unless told to be strict', async () => {
    write({ 'p/a.yaml': yaml(...policies), 'pods.yaml': yaml(...cluster) })
    const { code, out, err } = await policy('lint', 'p', '--pods', 'pods.yaml')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^p\/a\.yaml:1: warning: document 1: KubernetesNetworkPolicy shop\/nobody .*\[selects-nothing\]$/m,
    )
    expect(out).toMatch(/^p\/a\.yaml:3: warning: document 2: .*mysql is a name that none.*\[unknown-port-name\]$/m)
    expect(out).toMatch(/\n2 policies: 0 errors, \d+ warnings, \d+ notes?\n$/)
    expect((await policy('lint', 'p', '--pods', 'pods.yaml', '--strict')).code).toBe(1)
  })

  it('says the same as JSON, and what it could not check', async () => {
    write({ 'p/a.yaml': yaml(...policies), 'p/b.yaml': yaml(policies[0]) })
    const { code, out, err } = await policy('lint', 'p', '-o', 'json')
    expect([code, err]).toEqual([
      0,
      'no pods are in the files, so whom policies select was not checked; --pods FILE brings them\n',
    ])
    const findings = JSON.parse(out) as { file: string; line: number; check: string; message: string }[]
    expect(findings).toContainEqual(
      expect.objectContaining({
        file: 'p/b.yaml',
        line: 1,
        message: 'is here again and replaces the one at p/a.yaml:1',
      }),
    )
    expect(findings.map(({ check }) => check)).toContain('empty-rule-means-everything')
  })

  it('does not pass over what somebody means to be a policy, as it does over a Deployment', async () => {
    const old = { ...policies[0], apiVersion: 'extensions/v1beta1' }
    const others = [{ kind: 'Deployment' }, { image: 'no kind' }].map((each) => ({ apiVersion: 'v1', ...each }))
    write({ 'p/a.yaml': yaml(old, { ...policies[0], kind: 'NetworkPolcy' }, ...others) })
    const { out, err } = await policy('lint', 'p')
    expect(out).toContain(
      'p/a.yaml:1: warning: document 1: NetworkPolicy shop/nobody kind: extensions/v1beta1 NetworkPolicy takes no part',
    )
    expect(out).toContain('p/a.yaml:3: warning: document 2: NetworkPolcy shop/nobody kind: ')
    expect(out).toContain('0 policies: 0 errors, 2 warnings, 0 notes\n')
    expect(err).toBe('objects that take no part in policy were passed over: Deployment (1), of no kind (1)\n')
  })

  it('exits with 1 for what an API server would refuse', async () => {
    write({ 'p/a.yaml': yaml({ ...policies[0], spec: { podSelector: { matchLabels: 5 } } }) })
    expect((await policy('lint', 'p')).code).toBe(1)
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readCredentials } from './credentials.ts'

const dir = mkdtempSync(join(tmpdir(), 'margay-credentials-'))
afterAll(() => rmSync(dir, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

const kubeconfig = (user: string) => `
current-context: home
contexts: [{ name: home, context: { cluster: c, user: ada } }]
users:
  - { name: bob, user: { token: bobs-token } }
  - { name: ada, user: ${user} }
`

describe('credentials', () => {
  const tokenFile = file('token', 'from-a-file\n')
  const config = file('config', kubeconfig('{ token: adas-token }'))

  it('takes the nearest of file, environment and kubeconfig', () => {
    const env = { MARGAY_TOKEN: 'from-the-environment' }
    expect(readCredentials({ tokenFile, kubeconfig: config }, env)).toEqual({ token: 'from-a-file' })
    expect(readCredentials({ kubeconfig: config }, env)).toEqual({ token: 'from-the-environment' })
    expect(readCredentials({ kubeconfig: config }, {})).toEqual({ token: 'adas-token' })
    expect(readCredentials({}, {})).toEqual({})
  })
  it("reads a kubeconfig's token file beside it", () => {
    const relative = file('relative', kubeconfig('{ tokenFile: token }'))
    expect(readCredentials({ kubeconfig: relative }, {})).toEqual({ token: 'from-a-file' })
  })
  it('says how to come by a token where the kubeconfig has none', () => {
    const plugin = file('plugin', kubeconfig('{ exec: { command: aws } }'))
    expect(() => readCredentials({ kubeconfig: plugin }, {})).toThrow(/no token\n.*kubectl create token/)
    expect(() => readCredentials({ kubeconfig: file('odd', 'a: b') }, {})).toThrow(/cannot read the kubeconfig/)
  })
  it.each([
    ['a token file of the server', { tokenFile: file('tokens', 'ada read secret-1\nbob all secret-2\n') }],
    ['a kubeconfig that is no YAML', { kubeconfig: file('torn', 'users: [{ token: secret-3: a }') }],
  ])('tells nothing of %s', (_, options) => {
    expect(() => readCredentials(options, {})).toThrow(/^(?!.*secret)/s)
  })
  it('names a file that is not there', () => {
    expect(() => readCredentials({ ca: join(dir, 'none.pem') }, {})).toThrow(
      /cannot read the authority .*none.pem: ENOENT/,
    )
  })
})

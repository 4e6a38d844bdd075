// Runs the Go of this machine. Programs are built without C, so that their binaries run in an image that holds nothing else.
import { spawn } from 'node:child_process'

/** Runs `go`; its own lines about what it downloads are kept for the message of a failure. */
export function go(cwd: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
  const child = spawn('go', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) return resolve(output)
      const last = errors.trim().split('\n').slice(-12).join('\n')
      reject(new Error(`go ${args[0]} failed with code ${code} in ${cwd}:\n${last}`))
    })
  })
}

// Certificates for tests: an authority of its own for each, valid for localhost and for a day.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsFiles } from '../tls.ts'

/** Writes `NAME.crt` and `NAME.key` into the directory. The certificate is its own authority. */
export function makeCertificate(dir: string, name: string): TlsFiles {
  mkdirSync(dir, { recursive: true })
  const [cert, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)]
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=${name}`
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', [...words.split(' '), ...names, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  return { cert, key }
}

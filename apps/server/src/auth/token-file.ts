// People and programs in a file, one a line: `NAME read|send|all TOKEN`. It is looked at again when it changed, so that a
// token is added or taken away without a restart. Tokens are kept as digests and compared as such, which tells nobody
// by its timing how much of a guess was right.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { FatalError } from '@margay/kit'
import type { Identified, Right, Way } from './caller.ts'

interface Entry {
  readonly name: string
  readonly rights: ReadonlySet<Right>
}

const roles: Readonly<Record<string, readonly Right[]>> = {
  read: ['read', 'scrape'],
  send: ['send'],
  all: ['read', 'send', 'scrape'],
}

/** 128 bits in the shortest usual spelling. */
const minTokenLength = 22

const digest = (token: string) => createHash('sha256').update(token).digest('hex')

/** The entries by the digest of their token. Throws an Error that names the line and never a token. */
export function parseTokens(text: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]!.startsWith('#')) continue
    const wrong = (what: string) => new Error(`line ${index + 1}: ${what}`)
    const [name, role, token, ...rest] = words as [string, ...(string | undefined)[]]
    if (role === undefined || token === undefined || rest.length > 0)
      throw wrong('NAME read|send|all TOKEN is expected')
    const rights = roles[role]
    if (!rights) throw wrong(`"${role}" is no role; read, send or all is expected`)
    if (token.length < minTokenLength)
      throw wrong(
        `the token has ${token.length} characters, at least ${minTokenLength} are expected ("openssl rand -hex 32" makes one)`,
      )
    if (entries.has(digest(token))) throw wrong('the token is in the file twice')
    entries.set(digest(token), { name, rights: new Set(rights) })
  }
  return entries
}

function mayOf({ name, rights }: Entry): Identified['may'] {
  return async (right) => rights.has(right) || `the line of "${name}" in the token file does not allow to ${right}`
}

/** Reads the file at once; throws a FatalError where it cannot be used. Later, what was last good stays in force. */
export function createTokenFile(path: string, onTrouble: (error: Error) => void): Way {
  const stamp = () => {
    const { mtimeMs, size, ino } = statSync(path)
    return `${mtimeMs} ${size} ${ino}`
  }
  const read = () => ({ entries: parseTokens(readFileSync(path, 'utf8')), stamp: stamp() })
  const first = () => {
    try {
      return read()
    } catch (error) {
      throw new FatalError(`read the token file ${path}: ${(error as Error).message}`, { cause: error })
    }
  }
  let now = first()
  const refresh = () => {
    try {
      const seen = stamp()
      if (seen === now.stamp) return
      // A file that is wrong is told once, not at every question.
      now = { ...now, stamp: seen }
      now = read()
    } catch (error) {
      onTrouble(error as Error)
    }
  }
  return {
    async identify(token) {
      refresh()
      const entry = now.entries.get(digest(token))
      return entry && { name: entry.name, shownBy: 'token file', may: mayOf(entry) }
    },
  }
}

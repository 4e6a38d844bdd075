// People and programs in a file, one a line: `NAME read|send|all TOKEN`. It is looked at again when it changed, so that a
// token is added or taken away without a restart. Tokens are kept as digests and a guess is compared with all of them to
// their end, which tells nobody by its timing how much of it was right.
import { timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { FatalError } from '@margay/kit'
import type { Identified, Right, Way } from './caller.ts'
import { digestOf } from './shown-token.ts'

interface Entry {
  readonly digest: Buffer
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

/** Looks at every entry, found or not. */
function entryOf(entries: readonly Entry[], token: string): Entry | undefined {
  const wanted = digestOf(token)
  return entries.filter((entry) => timingSafeEqual(entry.digest, wanted))[0]
}

/** Throws an Error that names the line and never a token. */
export function parseTokens(text: string): readonly Entry[] {
  const entries: Entry[] = []
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
    if (entryOf(entries, token)) throw wrong('the token is in the file twice')
    entries.push({ digest: digestOf(token), name, rights: new Set(rights) })
  }
  return entries
}

function mayOf({ name, rights }: Entry): Identified['may'] {
  return async (right) => rights.has(right) || `the line of "${name}" in the token file does not allow to ${right}`
}

/**
 * What a file is told apart by. A change so soon after another that the clock of the file system does not tell them apart
 * leaves the same stamp, so a stamp is only trusted once its times are some while ago.
 */
interface Stamp {
  readonly text: string
  readonly isSettled: boolean
}

/** The coarsest clock of a file system in use. */
const settledMs = 2_000

function stampOf(path: string): Stamp {
  const { mtimeMs, ctimeMs, size, ino } = statSync(path)
  return {
    text: `${mtimeMs} ${ctimeMs} ${size} ${ino}`,
    isSettled: Math.abs(Date.now() - Math.max(mtimeMs, ctimeMs)) > settledMs,
  }
}

/**
 * Reads the file at once; throws a FatalError where it cannot be used. Later, what was last good stays in force. `readText`
 * is there for tests of what happens between two steps.
 */
export function createTokenFile(
  path: string,
  onTrouble: (error: Error) => void,
  readText: (path: string) => string = (at) => readFileSync(at, 'utf8'),
): Way {
  let entries: readonly Entry[] = []
  let stamp: Stamp | undefined
  let trouble: string | undefined
  // The stamp comes first: a change between the two is then found at the next look, and not taken for read.
  const refresh = () => {
    const now = stampOf(path)
    if (stamp?.isSettled && now.text === stamp.text) return
    stamp = now
    entries = parseTokens(readText(path))
    trouble = undefined
  }
  try {
    refresh()
  } catch (error) {
    throw new FatalError(`read the token file ${path}: ${(error as Error).message}`, { cause: error })
  }
  const find = (token: string): Entry | undefined => {
    try {
      refresh()
    } catch (error) {
      // A file that is wrong is told once, not at every question.
      if ((error as Error).message !== trouble) onTrouble(error as Error)
      trouble = (error as Error).message
    }
    return entryOf(entries, token)
  }
  const identifiedOf = (entry: Entry): Identified => ({
    name: entry.name,
    shownBy: 'token file',
    may: mayOf(entry),
  })
  return {
    recall(token) {
      const entry = find(token)
      return entry && Promise.resolve(identifiedOf(entry))
    },
    // Whoever is in the file was recalled.
    identify: () => Promise.resolve(undefined),
  }
}

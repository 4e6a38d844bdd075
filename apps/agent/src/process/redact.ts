// Command lines without their secrets: flags whose value is the next argument, and short flags of known programs; what one
// argument holds by itself is redact-text.ts's. A script (`sh -c '…'`) is read word by word like a command line. Pure.
import { hidden, isSecretName, isUserWithSecret, redactText } from './redact-text.ts'

/** off: none; names: the program only; redacted: all but secrets; full: as they are. */
export type ArgsMode = 'off' | 'names' | 'redacted' | 'full'

export const argsModes = ['off', 'names', 'redacted', 'full'] as const

/** The flag alone, when the value is the next argument, or with the value attached: groups 1 and 2. */
const flag = (letters: string) => new RegExp(`^-([${letters}])(.*)$`, 's')
const attachedOnly = (letter: string) => new RegExp(`^-(${letter})(.+)$`, 's')

/** Short flags that carry credentials, by program. `ssh` has none, and comes after `sshpass`. */
const shortFlags: ReadonlyMap<string, RegExp | undefined> = new Map([
  // Flags without values may stand before it: -su me:password.
  ['curl', /^-([sSfLkvigIjNqRGa0-9#]*[uUb])(.*)$/s],
  ...['mysql', 'mysqldump', 'mysqladmin', 'mariadb', 'mariadb-dump', '7z'].map(
    (name) => [name, attachedOnly('p')] as const,
  ),
  ...['sshpass', 'mongo', 'mongosh', 'mongodump', 'mongorestore', 'cqlsh'].map((name) => [name, flag('p')] as const),
  ...['zip', 'unzip', 'sqlcmd', 'mosquitto_pub', 'mosquitto_sub', 'ipmitool'].map((name) => [name, flag('P')] as const),
  ...['ldapsearch', 'ldapadd', 'ldapmodify', 'ldapwhoami'].map((name) => [name, flag('w')] as const),
  ...['redis-cli', 'http', 'https'].map((name) => [name, flag('a')] as const),
  ['smbclient', flag('U')],
  ['lftp', flag('u')],
  ['ssh', undefined],
])

/** Where -p is a password after `login` and a port before it. */
const loginPrograms: ReadonlySet<string> = new Set(['docker', 'podman', 'buildah', 'skopeo', 'helm', 'oc', 'az'])

const baseName = (word: string) => /[^/]*$/.exec(word)![0]
const isFlag = (word: string) => /^--?[a-z]/i.test(word)

/** Scripts within scripts that are read word by word; deeper ones are only searched for names. */
const maxDepth = 3

/** Reads words one after the other and gives each back as it may be shown. */
function createReader(depth: number): (word: string) => string {
  let program = ''
  let short: RegExp | undefined
  let before: string | undefined

  const follow = (word: string) => {
    const name = baseName(word)
    if (shortFlags.has(name)) short = shortFlags.get(name)
    if (loginPrograms.has(name)) program = name
    if (word === 'login' && program !== '') short = flag('p')
  }
  const isValueOf = (flagBefore: string, word: string) =>
    !isFlag(word) && (flagBefore === '' || isSecretName(flagBefore) || isUserWithSecret(flagBefore, word))

  return (word) => {
    const flagBefore = before
    before = undefined
    if (flagBefore !== undefined && isValueOf(flagBefore, word)) return hidden
    const [, letters, attached] = short?.exec(word) ?? []
    if (letters !== undefined && attached !== '') return `-${letters}${hidden}`
    // A short flag has no name that could say more.
    if (/^--?[\w.-]{1,100}$/.test(word)) before = letters === undefined ? word : ''
    follow(word)
    return redactScript(redactText(word), depth)
  }
}

/** The words of a script are a command line of their own; quotes keep a word together. */
function redactScript(text: string, depth: number): string {
  if (depth === 0 || !/\s/.test(text)) return text
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(text) ?? []
  if (quote !== undefined && inner !== undefined) return quote + redactScript(inner, depth - 1) + quote
  return text.replace(/(?:"[^"]*"|'[^']*'|[^\s"'])+|["']/g, createReader(depth - 1))
}

/** Characters of arguments that are looked at; the kernel gives a kilobyte, /proc may give two megabytes. */
const maxLength = 4096

/** The beginning of a list of arguments. */
function cut(args: readonly string[]): readonly string[] {
  let left = maxLength
  return args.flatMap((arg) => {
    if (left <= 0) return []
    const kept = arg.slice(0, left)
    left -= kept.length + 1
    return [kept]
  })
}

/** One line from an argument list, in the chosen mode; undefined where there is nothing to say. */
export function printArgs(args: readonly string[], mode: ArgsMode): string | undefined {
  if (mode === 'off' || args.length === 0) return undefined
  const shown =
    mode === 'names' ? args.slice(0, 1) : mode === 'full' ? cut(args) : cut(args).map(createReader(maxDepth))
  return shown.join(' ')
}

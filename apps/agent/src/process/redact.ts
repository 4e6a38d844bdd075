// Command lines without their secrets. What is hidden is decided by the name before a value, never by how the value
// looks; URLs lose their credentials. Pure.

/** off: none; names: the program only; redacted: all but secrets; full: as they are. */
export type ArgsMode = 'off' | 'names' | 'redacted' | 'full'

export const argsModes = ['off', 'names', 'redacted', 'full'] as const

export const hidden = '[REDACTED]'

const secretWords =
  'pass|passwd|password|passphrase|pwd|pin|secret|token|apikey|key|credential|credentials|cred|creds|auth|authorization|bearer|jwt|cookie|session|signature|private'
/** A flag or variable one of whose words is secret: `--db-password`, `API_TOKEN`, `-Dapi.key`, `accessKey`. */
const secretName = new RegExp(`(?:^|[-_.:/ ])(?:${secretWords})\\d*(?:$|[-_.:])`, 'i')
/** Short flags that curl, wget, mysql, ssh tools use for credentials, alone or with the value attached. */
const shortFlags: Readonly<Record<string, RegExp>> = {
  curl: /^-(u|U)(.*)$/s,
  mysql: /^-(p)(.+)$/s,
  mysqldump: /^-(p)(.+)$/s,
  mariadb: /^-(p)(.+)$/s,
  sshpass: /^-(p)(.*)$/s,
  'redis-cli': /^-(a)(.*)$/s,
  ldapsearch: /^-(w)(.*)$/s,
}

const splitWords = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2')
const isSecretName = (name: string) => secretName.test(splitWords(name.replace(/^-+/, '')))

/** `scheme://user:password@host` and secret query parameters. */
function redactUrl(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]*(?::[^/?#\s]*)?@/gi, `$1${hidden}@`)
    .replace(/([?&;])([^=&;?#\s]+)=([^&;#\s]*)/g, (all, mark: string, name: string) =>
      isSecretName(name) ? `${mark}${name}=${hidden}` : all,
    )
}

/** `Authorization: Bearer …`, as given to curl's -H. */
const redactHeader = (text: string) =>
  text.replace(/^((?:[\w-]*(?:authorization|token|cookie|api-?key|secret|password)[\w-]*)\s*:\s*).+$/is, `$1${hidden}`)

/** `name=value`, whatever may come before the name. */
function redactAssignment(text: string): string {
  const at = text.indexOf('=')
  if (at <= 0 || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text
  return isSecretName(text.slice(0, at)) ? `${text.slice(0, at)}=${hidden}` : text
}

const redactOne = (text: string) => redactAssignment(redactHeader(redactUrl(text)))

function redactAll(args: readonly string[]): string[] {
  const program = /[^/]*$/.exec(args[0] ?? '')![0]
  const short = shortFlags[program]
  const out: string[] = []
  let hideNext = false
  for (const arg of args) {
    const shortMatch = short?.exec(arg)
    const takesNext = shortMatch ? shortMatch[2] === '' : /^--?[^=]+$/.test(arg) && isSecretName(arg)
    if (hideNext && !/^--?[a-z]/i.test(arg)) out.push(hidden)
    else if (shortMatch) out.push(shortMatch[2] === '' ? arg : `-${shortMatch[1]}${hidden}`)
    else out.push(redactOne(arg))
    hideNext = takesNext
  }
  return out
}

/** One line from an argument list, in the chosen mode; undefined where there is nothing to say. */
export function printArgs(args: readonly string[], mode: ArgsMode): string | undefined {
  if (mode === 'off' || args.length === 0) return undefined
  const shown = mode === 'names' ? args.slice(0, 1) : mode === 'full' ? args : redactAll(args)
  return shown.join(' ')
}

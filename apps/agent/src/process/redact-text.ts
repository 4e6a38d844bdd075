// Secrets within one text, whatever it is: an argument, a script, a header, a URL, JSON. What is hidden is decided by the
// name before a value, never by how the value looks; where it is not clear how far a value goes, more is hidden, not less.
// Flags whose value is the next argument are redact.ts's. Repetitions have bounds, so
// that no argument costs more than in proportion to its length. Pure.

export const hidden = '[REDACTED]'

/** Secret where they are a word of a name: `--db-pass`, `API_KEY`, `-Dapi.key`. */
const wholeWords =
  'pass|pwd|pin|key|cred|creds|credentials?|auth|authorization|jwt|cookie|session|signature|private|from-literal'
/** Secret at the end of a word too: `PGPASSWORD`, `authtoken`, `secretkey`. `tokenizer` and `monkey` are not. */
const endings =
  'passwd|password|passphrase|secret|token|bearer|credential|(?:api|secret|access|private|auth)key|(?:db|user|auth|key)pass'

const secretName = new RegExp(`(?:(?:^|[-_.:/ ])(?:${wholeWords})|(?:${endings}))\\d*(?:$|[-_.:])`, 'i')
const secretEnd = new RegExp(`(?:(?:^|[-_. ])(?:${wholeWords})|(?:${endings}))\\d*$`, 'i')
const userName = /(?:^|-)user(?:name)?$/i

/** `accessKey` and `HAuthorization` as words. */
const splitWords = (name: string) =>
  name
    .replace(/^-+/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')

/** Whether the value that belongs to a name is a secret. */
export const isSecretName = (name: string): boolean => secretName.test(splitWords(name))

/** `me:password` after a name such as `--user`; `1000:1000` is a user and a group. */
export const isUserWithSecret = (name: string, value: string): boolean =>
  userName.test(name) && /^["']?[^:\s]+:(?!\d+["']?$)./.test(value)

/** `scheme://user:password@host`, `user:password@tcp(host)`; an image's digest comes after an @ too. */
function redactCredentials(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#'"]{0,1000}@/gi, `$1${hidden}@`)
    .replace(/(^|[\s=,'"])[^\s:@/='",]{1,100}:[^\s@/'"]{1,500}@(?!sha\d+:)(?=[\w([])/gi, `$1${hidden}@`)
}

/** `name=value` anywhere; the value ends at white space, `&` or a quote. One that is no secret is looked into again. */
function redactAssignments(text: string): string {
  const names = /([A-Za-z_-][\w.-]{0,100})=/g
  const values = /"[^"]*"|'[^']*'|[^\s&'"]*/y
  let out = ''
  let from = 0
  for (let match = names.exec(text); match; match = names.exec(text)) {
    values.lastIndex = names.lastIndex
    const [value] = values.exec(text)!
    if (!isSecretName(match[1]!) && !isUserWithSecret(match[1]!, value)) continue
    out += text.slice(from, names.lastIndex) + hidden
    from = names.lastIndex = names.lastIndex + value.length
  }
  return out + text.slice(from)
}

/** `"name": "value"` */
const redactMembers = (text: string) =>
  text.replace(
    /((["'])([\w.-]{1,100})\2\s{0,10}:\s{0,10})("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}\]]+)/g,
    (all, head: string, _quote: string, name: string) => (isSecretName(name) ? head + hidden : all),
  )

/** `Authorization: Bearer …` up to a quote or the end, `pass:…`; `auth:8080` is a host and its port. */
const redactHeaders = (text: string) =>
  text
    .replace(
      /(^\/?|[\s='"])([\w.-]{1,100})(\s{0,10}:\s{0,10})(?!\d{1,5}(?:\/|\s|$))([^'"\n]+)/g,
      (all, before: string, name: string, colon: string) =>
        secretEnd.test(splitWords(name)) ? before + name + colon + hidden : all,
    )
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${hidden}`)

/** `password=all of it`, where the whole argument is one assignment. */
function wholeAssignment(text: string): string | undefined {
  const [, name] = /^([\w.-]+)=/.exec(text) ?? []
  return name !== undefined && isSecretName(name) ? `${name}=${hidden}` : undefined
}

/** The text without its secrets. */
export const redactText = (text: string): string =>
  wholeAssignment(text) ?? redactHeaders(redactMembers(redactAssignments(redactCredentials(text))))

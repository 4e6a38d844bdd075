// A bounded table that forgets what was used least recently. The order is a list of its own: taking the first key of a Map
// whose keys come and go passes over every hole that was left before it, thousands of them in a table that is full.

export interface Recent<V> {
  readonly size: number
  /** The value, which is used by that. */
  get(key: string): V | undefined
  /** Puts a value in, used now; whatever finds no room beside it goes. */
  set(key: string, value: V): void
}

interface Link<V> {
  readonly key: string
  value: V
  before: Link<V> | undefined
  after: Link<V> | undefined
}

/** `onEvict` is given each value that had to go for want of room. */
export function createRecent<V>(max: number, onEvict: (value: V) => void = () => {}): Recent<V> {
  const links = new Map<string, Link<V>>()
  let oldest: Link<V> | undefined
  let newest: Link<V> | undefined

  const unlink = ({ before, after }: Link<V>) => {
    if (before) before.after = after
    else oldest = after
    if (after) after.before = before
    else newest = before
  }
  const append = (link: Link<V>) => {
    link.before = newest
    link.after = undefined
    if (newest) newest.after = link
    else oldest = link
    newest = link
  }
  const use = (link: Link<V>) => {
    // Fast path: the last one again.
    if (link === newest) return
    unlink(link)
    append(link)
  }
  const remove = (link: Link<V>) => {
    unlink(link)
    links.delete(link.key)
  }

  return {
    get size() {
      return links.size
    },
    get(key) {
      const link = links.get(key)
      if (link) use(link)
      return link?.value
    },
    set(key, value) {
      const known = links.get(key)
      if (known) {
        known.value = value
        return use(known)
      }
      if (links.size >= max && oldest) {
        const { value: evicted } = oldest
        remove(oldest)
        onEvict(evicted)
      }
      const link: Link<V> = { key, value, before: undefined, after: undefined }
      links.set(key, link)
      append(link)
    },
  }
}

// Names that somebody may have meant who misspelt one. Pure.

/** Letters to add, take away or change between two words; more than `most` is as good as any. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const kept = row[j]! + (b[j] === a[i] ? 0 : 1)
      next.push(Math.min(kept, row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

/** As many as a sentence takes. */
const mostNear = 3

const bare = (name: string): string => name.slice(name.indexOf('/') + 1)

/** How far a name of ours is from what was written; undefined where nobody would take one for the other. */
function farness(written: string, name: string): number | undefined {
  const [own, other] = [bare(written), bare(name)]
  // A name of another namespace, then one that is longer or shorter by whole words.
  if (own === other) return 0
  if (
    written.length - own.length === name.length - other.length &&
    written.slice(0, -own.length) === name.slice(0, -other.length)
  ) {
    if (own.startsWith(`${other}-`) || other.startsWith(`${own}-`)) return 1
  }
  const most = Math.max(2, Math.floor(own.length / 3))
  const far = distance(written, name, most)
  return far > most ? undefined : far
}

/** The nearest of `names` to `namespace/name` as somebody wrote it, the nearest first. */
export function nearNames(written: string, names: Iterable<string>): readonly string[] {
  return [...new Set(names)]
    .flatMap((name) => {
      const far = farness(written, name)
      return far === undefined ? [] : [{ name, far }]
    })
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, mostNear)
    .map(({ name }) => name)
}

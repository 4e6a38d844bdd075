// Names in order, so that those with a beginning are found without looking at all of them.

/** The first place at which a name is not less than `text`. */
function placeOf(names: readonly string[], text: string): number {
  let [low, high] = [0, names.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (names[middle]! < text) low = middle + 1
    else high = middle
  }
  return low
}

/** Behind every text that begins with `prefix`: names of Kubernetes hold no character as high. */
const behind = (prefix: string) => `${prefix}\uffff`

export interface Named {
  /** The first of them in text order. */
  readonly first: string
  readonly count: number
}

/** Names with a beginning, among names in text order; undefined where there are none. Costs what a binary search costs. */
export function namesWith(sorted: readonly string[], prefix: string): Named | undefined {
  const from = placeOf(sorted, prefix)
  const count = placeOf(sorted, behind(prefix)) - from
  return count > 0 ? { first: sorted[from]!, count } : undefined
}

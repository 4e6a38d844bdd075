// Reading unknown objects: a place is a value and the path that leads to it. Readers return the value or undefined, and
// report what is wrong with the path and what is allowed there, so a parser reads on and names every fault at once.

/** A finding about an object. Errors make the object, or the rule that holds them, unusable; warnings do not. */
export interface Issue {
  readonly severity: 'error' | 'warning'
  /** `NetworkPolicy shop/web`. */
  readonly object: string
  /** `spec.ingress[0].from[1].ipBlock.cidr`. */
  readonly path: string
  readonly message: string
}

export type Report = (issue: Pick<Issue, 'severity' | 'path' | 'message'>) => void

export interface Place {
  readonly value: unknown
  readonly path: string
  readonly report: Report
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 80) ?? 'nothing'

export const isPresent = (place: Place) => place.value !== undefined && place.value !== null

/** Reports an error at the place and returns undefined, so that readers end with it. */
export function fail(place: Place, message: string): undefined {
  place.report({ severity: 'error', path: place.path, message })
  return undefined
}

export function warn(place: Place, message: string): void {
  place.report({ severity: 'warning', path: place.path, message })
}

/** The member, present or not. */
export function child(place: Place, key: string): Place {
  const value = isRecord(place.value) && Object.hasOwn(place.value, key) ? place.value[key] : undefined
  return { value, path: place.path ? `${place.path}.${key}` : key, report: place.report }
}

/** Members that nothing here reads. */
export function unknownMembers({ value }: Place, keys: readonly string[]): readonly string[] {
  return isRecord(value) ? Object.keys(value).filter((key) => !keys.includes(key)) : []
}

/** Reports members that nothing here reads. They stay in the object as it was given. */
export function knowsOnly(place: Place, keys: readonly string[]): void {
  for (const key of unknownMembers(place, keys))
    warn(child(place, key), `unknown field "${key}" is kept and not evaluated; known here: ${keys.join(', ')}`)
}

/** The place if it holds an object. Absent is undefined without a report. */
export function readObject(place: Place, keys?: readonly string[]): Place | undefined {
  if (!isPresent(place)) return undefined
  if (!isRecord(place.value)) return fail(place, `want an object, got ${shown(place.value)}`)
  if (keys) knowsOnly(place, keys)
  return place
}

/** The elements; undefined when absent, which is not the same as empty. */
export function readList(place: Place, most = Infinity): readonly Place[] | undefined {
  if (!isPresent(place)) return undefined
  if (!Array.isArray(place.value)) return fail(place, `want a list, got ${shown(place.value)}`)
  if (place.value.length > most) fail(place, `want at most ${most} entries, got ${place.value.length}`)
  return place.value.map((value: unknown, index) => ({ value, path: `${place.path}[${index}]`, report: place.report }))
}

export function readText(place: Place): string | undefined {
  if (!isPresent(place)) return undefined
  return typeof place.value === 'string' ? place.value : fail(place, `want a text, got ${shown(place.value)}`)
}

export function readFlag(place: Place): boolean | undefined {
  if (!isPresent(place)) return undefined
  return typeof place.value === 'boolean' ? place.value : fail(place, `want true or false, got ${shown(place.value)}`)
}

export function readNumber(place: Place, least = -Infinity, most = Infinity): number | undefined {
  if (!isPresent(place)) return undefined
  const { value } = place
  if (typeof value === 'number' && value >= least && value <= most) return value
  return fail(place, `want a number from ${least} to ${most}, got ${shown(value)}`)
}

export function readWhole(place: Place, least: number, most: number): number | undefined {
  const value = readNumber(place, least, most)
  return value === undefined || Number.isInteger(value) ? value : fail(place, `want a whole number, got ${value}`)
}

export function readWord<const Word extends string>(place: Place, words: readonly Word[]): Word | undefined {
  if (!isPresent(place)) return undefined
  const found = words.find((word) => word === place.value)
  return found ?? fail(place, `want one of ${words.join(', ')}, got ${shown(place.value)}`)
}

/** A list of texts; entries that are none are reported and left out. */
export function readTexts(place: Place, most = Infinity): readonly string[] | undefined {
  return readList(place, most)?.flatMap((entry) => readText(entry) ?? [])
}

/** A member that must be there. */
export function required<T>(place: Place, read: (place: Place) => T | undefined): T | undefined {
  return isPresent(place) ? read(place) : fail(place, 'is required')
}

/** Label maps: values that are not texts are reported and left out. */
export function readLabels(place: Place): ReadonlyMap<string, string> {
  const object = readObject(place)
  const labels = new Map<string, string>()
  if (!object || !isRecord(object.value)) return labels
  for (const key of Object.keys(object.value)) {
    const value = readText(child(object, key))
    if (value !== undefined) labels.set(key, value)
  }
  return labels
}

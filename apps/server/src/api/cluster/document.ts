// Members of Kubernetes documents that lists show and verdicts do not depend on. A member that is absent or of another type
// than described is undefined: whoever wrote the object is told elsewhere.
import type { ObjectDocument } from '../../objects/index.ts'

const isRecord = (value: unknown): value is ObjectDocument =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member at the end of a path of names. */
export function memberOf(document: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), document)
}

export function textOf(document: unknown, ...path: readonly string[]): string | undefined {
  const value = memberOf(document, ...path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function numberOf(document: unknown, ...path: readonly string[]): number | undefined {
  const value = memberOf(document, ...path)
  return typeof value === 'number' ? value : undefined
}

export function listOf(document: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = memberOf(document, ...path)
  return Array.isArray(value) ? value : []
}

/** Unix seconds of a time as Kubernetes writes it, or as YAML reads one without quotes. */
export function secondsOf(document: unknown, ...path: readonly string[]): number | undefined {
  const value = memberOf(document, ...path)
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}

export function labelsOf(document: unknown): Readonly<Record<string, string>> {
  const labels = memberOf(document, 'metadata', 'labels')
  const entries = isRecord(labels) ? Object.entries(labels) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

export const kindOf = (document: ObjectDocument): string => textOf(document, 'kind') ?? ''

export interface ObjectName {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

export function objectNameOf(document: ObjectDocument): ObjectName {
  const namespace = textOf(document, 'metadata', 'namespace')
  return {
    apiVersion: textOf(document, 'apiVersion') ?? '',
    kind: kindOf(document),
    name: textOf(document, 'metadata', 'name') ?? '',
    ...(namespace !== undefined && { namespace }),
  }
}

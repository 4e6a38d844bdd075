// Kubernetes' label selectors, which are a part of Calico's language: read from objects, printed for people.
import {
  child,
  fail,
  isRecord,
  type Place,
  readLabels,
  readList,
  readObject,
  readText,
  readTexts,
  readWord,
  required,
} from '../objects/place.ts'
import { and, equals, has, not, type Selector } from './ast.ts'

const keyPattern = /^([a-zA-Z0-9.-]{1,253}\/)?[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$/

function readExpression(place: Place): Selector | undefined {
  const object = readObject(place, ['key', 'operator', 'values'])
  if (!object) return fail(place, 'want an object with key, operator and values')
  const label = required(child(object, 'key'), readText)
  const operator = required(child(object, 'operator'), (at) => readWord(at, ['In', 'NotIn', 'Exists', 'DoesNotExist']))
  const values = readTexts(child(object, 'values')) ?? []
  if (label === undefined || operator === undefined) return undefined
  if (operator === 'Exists') return has(label)
  if (operator === 'DoesNotExist') return not(has(label))
  if (values.length === 0) return fail(child(object, 'values'), `operator ${operator} needs at least one value`)
  return { kind: operator === 'In' ? 'in' : 'not-in', label, values }
}

const isKey = (key: string) => keyPattern.test(key.replace(/^(any|k8s|reserved):/, ''))

/** Sorted by key. One wrong entry spoils the whole: without it the selector would select more than its author meant. */
function readMatchLabels(place: Place): readonly (readonly [string, string])[] | undefined {
  const labels = readLabels(place)
  const wrong = [...labels.keys()].find((key) => !isKey(key))
  if (wrong !== undefined)
    return fail(place, `label key "${wrong}" is none; want [prefix/]name of letters, digits, - _ and .`)
  const isWhole = !isRecord(place.value) || labels.size === Object.keys(place.value).length
  return isWhole ? [...labels].sort(([a], [b]) => (a < b ? -1 : 1)) : undefined
}

/**
 * Reads `{matchLabels, matchExpressions}`; an empty one matches everything. `rename` turns the author's keys into the
 * labels that endpoints carry here. Undefined when the place is absent or a part of it is wrong (and reported).
 */
export function readLabelSelector(place: Place, rename = (key: string) => key): Selector | undefined {
  const object = readObject(place, ['matchLabels', 'matchExpressions'])
  if (!object) return undefined
  const labels = readMatchLabels(child(object, 'matchLabels'))
  const expressions = readList(child(object, 'matchExpressions')) ?? []
  const parts = expressions.map(readExpression)
  if (!labels || parts.includes(undefined)) return undefined
  const read = [...labels.map(([key, value]) => equals(key, value)), ...parts.flatMap((part) => part ?? [])]
  return and(...read.map((part) => renameLabel(part, rename)))
}

function renameLabel(part: Selector, rename: (key: string) => string): Selector {
  if ('label' in part) return { ...part, label: rename(part.label) }
  return part.kind === 'not' ? not(renameLabel(part.of, rename)) : part
}

const words = { contains: 'contains', 'starts-with': 'starts with', 'ends-with': 'ends with' } as const

/** A selector in the words of explanations: `role = web and tier in (a, b)`. */
export function describeSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return 'everything'
    case 'global':
      return 'objects without namespace'
    case 'has':
      return `${selector.label} set`
    case 'equals':
      return `${selector.label} = ${selector.value}`
    case 'not-equals':
      return `${selector.label} != ${selector.value}`
    case 'contains':
    case 'starts-with':
    case 'ends-with':
      return `${selector.label} ${words[selector.kind]} "${selector.value}"`
    case 'in':
      return `${selector.label} in (${selector.values.join(', ')})`
    case 'not-in':
      return `${selector.label} not in (${selector.values.join(', ')})`
    case 'not':
      return selector.of.kind === 'has' ? `${selector.of.label} unset` : `not (${describeSelector(selector.of)})`
    case 'and':
      return selector.of
        .map((part) => (part.kind === 'or' ? `(${describeSelector(part)})` : describeSelector(part)))
        .join(' and ')
    case 'or':
      return selector.of
        .map((part) => (part.kind === 'and' ? `(${describeSelector(part)})` : describeSelector(part)))
        .join(' or ')
  }
}

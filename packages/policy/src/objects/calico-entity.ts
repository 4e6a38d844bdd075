// One end of a Calico rule. Scoping is done here: in a namespaced policy an end that names labels or accounts but no
// namespaces means the policy's own namespace.
import { parseCidr, type Cidr } from '../net/address.ts'
import { all, and, not, type Selector, someLeaf } from '../selector/ast.ts'
import { parseSelector } from '../selector/parse.ts'
import { readDomains } from './domains.ts'
import {
  child,
  fail,
  isPresent,
  type Place,
  readList,
  readObject,
  readText,
  readTexts,
  required,
  unknownMembers,
} from './place.ts'
import type { Direction, Entity, ServiceRef } from './policy.ts'
import { readPorts } from './ports.ts'
import { inNamespace, onNamespace, onServiceAccount, serviceAccountLabel, withoutNamespace } from './scope.ts'

const mostNets = 256
const longestSelector = 1024

const entityKeys = [
  'nets',
  'notNets',
  'selector',
  'notSelector',
  'namespaceSelector',
  'ports',
  'notPorts',
  'serviceAccounts',
  'services',
  'domains',
]

const hasGlobal = (selector: Selector) => someLeaf(selector, (leaf) => leaf.kind === 'global')

/**
 * A selector as text; `global()` is refused except where `allowGlobal` says so, and there only alone. An empty text is one
 * that is not set: in Calico's API these are texts that are left out where they are empty.
 */
export function readSelectorText(place: Place, allowGlobal = false): Selector | undefined {
  const text = readText(place)
  if (text === undefined || text === '') return undefined
  if (text.length > longestSelector)
    return fail(place, `want at most ${longestSelector} characters, got ${text.length}`)
  const parsed = parseSelector(text)
  if (!parsed.selector) return fail(place, parsed.error)
  const isGlobalAlone = allowGlobal && parsed.selector.kind === 'global'
  if (hasGlobal(parsed.selector) && !isGlobalAlone)
    return fail(place, allowGlobal ? 'global() must stand alone' : 'global() is not allowed here')
  return parsed.selector
}

function readNets(place: Place): readonly Cidr[] | undefined {
  return readList(place, mostNets)?.flatMap((entry) => {
    const text = readText(entry)
    if (text === undefined) return []
    return parseCidr(text) ?? fail(entry, `want a block such as 10.0.0.0/8, got "${text}"`) ?? []
  })
}

function readServices(place: Place, namespace: string | undefined): ServiceRef | undefined {
  const object = readObject(place, ['name', 'namespace'])
  if (!object) return undefined
  const name = required(child(object, 'name'), readText)
  const own = readText(child(object, 'namespace')) || namespace
  if (own === undefined) return fail(child(object, 'namespace'), 'is required in a policy without namespace')
  return name === undefined ? undefined : { namespace: own, name }
}

/** Conditions on the service account: names are alternatives, and the selector holds besides. Without either there is none. */
function readAccounts(place: Place): Selector | undefined {
  const object = readObject(place, ['names', 'selector'])
  if (!object) return undefined
  const names = readTexts(child(object, 'names')) ?? []
  const selector = readSelectorText(child(object, 'selector'))
  if (names.length === 0 && !selector) return undefined
  const named: Selector = names.length > 0 ? { kind: 'in', label: serviceAccountLabel, values: names } : all
  return and(named, selector ? onServiceAccount(selector) : all)
}

interface LabelParts {
  readonly selector: Selector | undefined
  readonly notSelector: Selector | undefined
  readonly namespaceSelector: Selector | undefined
  readonly accounts: Selector | undefined
}

function scopeOf(parts: LabelParts, namespace: string | undefined): Selector {
  const { namespaceSelector } = parts
  if (namespaceSelector) return namespaceSelector.kind === 'global' ? withoutNamespace : onNamespace(namespaceSelector)
  const namesLabels = parts.selector ?? parts.notSelector ?? parts.accounts
  return namespace !== undefined && namesLabels ? inNamespace(namespace) : all
}

/** Folds the four label conditions into one; `notSelector` stays apart only where nothing positive stands beside it. */
function foldLabels(parts: LabelParts, namespace: string | undefined): Pick<Entity, 'selector' | 'notSelector'> {
  const { selector, notSelector, namespaceSelector, accounts } = parts
  if (!selector && !notSelector && !namespaceSelector && !accounts) return {}
  const positive = and(scopeOf(parts, namespace), accounts ?? all, selector ?? all)
  const isPositive = selector !== undefined || positive.kind !== 'all'
  if (!notSelector) return { selector: positive }
  return isPositive ? { selector: and(positive, not(notSelector)) } : { notSelector }
}

/** Empty texts and lists are not set. */
const isSet = (place: Place) =>
  isPresent(place) && place.value !== '' && !(Array.isArray(place.value) && place.value.length === 0)

function checkServices(entity: Place, direction: Direction, side: 'source' | 'destination'): void {
  if (!isPresent(child(entity, 'services'))) return
  const wrongSide = direction === 'egress' ? 'source' : 'destination'
  if (side === wrongSide)
    fail(
      child(entity, 'services'),
      `services stand on the ${direction === 'egress' ? 'destination' : 'source'} of ${direction} rules`,
    )
  const rivals = ['selector', 'notSelector', 'namespaceSelector', 'nets', 'notNets', 'serviceAccounts']
  if (side === 'destination') rivals.push('ports', 'notPorts')
  for (const key of rivals) if (isSet(child(entity, key))) fail(child(entity, key), 'must not stand beside services')
}

/** Conditions of an end that nobody here knows: the rule may demand more than is read. */
export const unknownConditions = (place: Place): readonly string[] => unknownMembers(place, entityKeys)

/** Reads `source` or `destination`. `namespace` is the policy's own, absent in a global one. */
export function readEntity(
  place: Place,
  namespace: string | undefined,
  direction: Direction,
  side: 'source' | 'destination',
): Entity {
  const object = readObject(place, entityKeys)
  if (!object) return {}
  checkServices(object, direction, side)
  const nets = readNets(child(object, 'nets'))
  const notNets = readNets(child(object, 'notNets'))
  const ports = readPorts(child(object, 'ports'))
  const notPorts = readPorts(child(object, 'notPorts'))
  const services = readServices(child(object, 'services'), namespace)
  const domains = readDomains(child(object, 'domains'))
  const labels = foldLabels(
    {
      selector: readSelectorText(child(object, 'selector')),
      notSelector: readSelectorText(child(object, 'notSelector')),
      namespaceSelector: readSelectorText(child(object, 'namespaceSelector'), true),
      accounts: readAccounts(child(object, 'serviceAccounts')),
    },
    namespace,
  )
  return {
    ...labels,
    ...(nets && nets.length > 0 && { nets }),
    ...(notNets && notNets.length > 0 && { notNets }),
    ...(ports && ports.length > 0 && { ports }),
    ...(notPorts && notPorts.length > 0 && { notPorts }),
    ...(services && { services }),
    ...(domains && domains.length > 0 && { domains }),
  }
}

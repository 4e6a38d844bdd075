// Calico's objects that are no policies: tiers, network sets, host endpoints, profiles.
import { type Address, parseAddress, parseCidr } from '../net/address.ts'
import { readCalicoRules } from './calico-rule.ts'
import { readDomains } from './domains.ts'
import { readMeta } from './meta.ts'
import {
  child,
  fail,
  type Place,
  readLabels,
  readList,
  readNumber,
  readObject,
  readText,
  readTexts,
  readWhole,
  readWord,
  required,
} from './place.ts'
import { readProtocol } from './ports.ts'
import type { HostEndpoint, NamedPort, NetworkSet, Profile, Tier } from './snapshot.ts'

const specOf = (root: Place, keys: readonly string[]) => {
  const place = child(root, 'spec')
  return readObject({ ...place, value: place.value ?? {} }, keys)
}

export function readTier(root: Place): Tier | undefined {
  const meta = readMeta(root)
  const spec = specOf(root, ['order', 'defaultAction'])
  if (!meta || !spec) return undefined
  const action = readWord(child(spec, 'defaultAction'), ['Deny', 'Pass'])
  return {
    name: meta.name,
    order: readNumber(child(spec, 'order')) ?? Infinity,
    defaultAction: action === 'Pass' ? 'pass' : 'deny',
  }
}

export function readNetworkSet(root: Place, isGlobal: boolean): NetworkSet | undefined {
  const meta = readMeta(root)
  const spec = specOf(root, ['nets', 'allowedEgressDomains'])
  if (!meta || !spec) return undefined
  const nets = (readList(child(spec, 'nets')) ?? []).flatMap((entry) => {
    const text = readText(entry)
    if (text === undefined) return []
    return parseCidr(text) ?? fail(entry, `want a block or an address, got "${text}"`) ?? []
  })
  return {
    ...(!isGlobal && { namespace: meta.namespace ?? 'default' }),
    name: meta.name,
    labels: meta.labels,
    nets,
    domains: readDomains(child(spec, 'allowedEgressDomains')) ?? [],
  }
}

export function readAddresses(place: Place): readonly Address[] {
  return (readList(place) ?? []).flatMap((entry) => {
    const text = readText(entry)
    if (text === undefined) return []
    return parseAddress(text) ?? fail(entry, `want an address, got "${text}"`) ?? []
  })
}

function readHostPort(place: Place): NamedPort | undefined {
  const object = readObject(place, ['name', 'protocol', 'port'])
  if (!object) return undefined
  const name = required(child(object, 'name'), readText)
  const protocol = required(child(object, 'protocol'), readProtocol)
  const port = required(child(object, 'port'), (at) => readWhole(at, 1, 65535))
  return name === undefined || protocol === undefined || port === undefined ? undefined : { name, protocol, port }
}

export function readHostEndpoint(root: Place): HostEndpoint | undefined {
  const meta = readMeta(root)
  const spec = specOf(root, ['node', 'interfaceName', 'expectedIPs', 'profiles', 'ports'])
  const node = spec && required(child(spec, 'node'), readText)
  if (!meta || !spec || node === undefined) return undefined
  const interfaceName = readText(child(spec, 'interfaceName')) || undefined
  return {
    name: meta.name,
    labels: meta.labels,
    node,
    ...(interfaceName !== undefined && { interfaceName }),
    expectedAddresses: readAddresses(child(spec, 'expectedIPs')),
    profiles: readTexts(child(spec, 'profiles')) ?? [],
    ports: (readList(child(spec, 'ports')) ?? []).flatMap((entry) => readHostPort(entry) ?? []),
  }
}

export function readProfile(root: Place): Profile | undefined {
  const meta = readMeta(root)
  const spec = specOf(root, ['ingress', 'egress', 'labelsToApply'])
  if (!meta || !spec) return undefined
  return {
    name: meta.name,
    labels: readLabels(child(spec, 'labelsToApply')),
    ingress: readCalicoRules(spec, undefined, 'ingress') ?? [],
    egress: readCalicoRules(spec, undefined, 'egress') ?? [],
  }
}

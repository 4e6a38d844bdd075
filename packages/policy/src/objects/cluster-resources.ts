// Kubernetes' own objects that verdicts depend on. Only what is needed is read: pods and nodes have a hundred other fields,
// so nothing is reported as unknown here.
import { type Address, parseAddress } from '../net/address.ts'
import { readAddresses } from './calico-resources.ts'
import { readMeta } from './meta.ts'
import { child, isPresent, type Place, readFlag, readList, readText, readWhole, required } from './place.ts'
import { protocolNumbers, readProtocol } from './ports.ts'
import type { NamedPort, Namespace, Node, Pod, ServiceAccount, ServiceSlice } from './snapshot.ts'

/** Every namespace carries its own name as a label, also where a file leaves it out, as the API server sees to it. */
export function readNamespace(root: Place): Namespace | undefined {
  const meta = readMeta(root)
  return meta && { name: meta.name, labels: new Map([['kubernetes.io/metadata.name', meta.name], ...meta.labels]) }
}

export function readServiceAccount(root: Place): ServiceAccount | undefined {
  const meta = readMeta(root)
  return meta && { namespace: meta.namespace ?? 'default', name: meta.name, labels: meta.labels }
}

const tcp = protocolNumbers.tcp ?? 6

function readContainerPort(place: Place): NamedPort | undefined {
  const name = readText(child(place, 'name'))
  const port = required(child(place, 'containerPort'), (at) => readWhole(at, 1, 65535))
  const protocol = isPresent(child(place, 'protocol')) ? readProtocol(child(place, 'protocol')) : tcp
  return name === undefined || port === undefined || protocol === undefined ? undefined : { name, protocol, port }
}

const isSidecar = (container: Place) => child(container, 'restartPolicy').value === 'Always'

/** Ports of containers, and of init containers that keep running beside them. */
function readPodPorts(spec: Place): readonly NamedPort[] {
  const running = [
    ...(readList(child(spec, 'containers')) ?? []),
    ...(readList(child(spec, 'initContainers')) ?? []).filter(isSidecar),
  ]
  return running.flatMap((container) =>
    (readList(child(container, 'ports')) ?? []).flatMap((port) => readContainerPort(port) ?? []),
  )
}

function readPodAddresses(status: Place): readonly Address[] {
  const texts = [
    readText(child(status, 'podIP')),
    ...(readList(child(status, 'podIPs')) ?? []).map((entry) => readText(child(entry, 'ip'))),
  ]
  return [...new Set(texts)].flatMap((text) => (text === undefined ? [] : (parseAddress(text) ?? [])))
}

/** Unix milliseconds; undefined where an object, as those in files, does not say. */
function readCreation(root: Place): number | undefined {
  const time = Date.parse(readText(child(child(root, 'metadata'), 'creationTimestamp')) ?? '')
  return Number.isNaN(time) ? undefined : time
}

const finished = new Set(['Succeeded', 'Failed'])

/** A finished pod has given its address back: undefined. */
export function readPod(root: Place): Pod | undefined {
  const meta = readMeta(root)
  const spec = child(root, 'spec')
  const status = child(root, 'status')
  if (!meta || finished.has(readText(child(status, 'phase')) ?? '')) return undefined
  const node = readText(child(spec, 'nodeName'))
  const createdAt = readCreation(root)
  return {
    namespace: meta.namespace ?? 'default',
    name: meta.name,
    labels: meta.labels,
    addresses: readPodAddresses(status),
    ports: readPodPorts(spec),
    serviceAccount: readText(child(spec, 'serviceAccountName')) || 'default',
    ...(node && { node }),
    ...(createdAt !== undefined && { createdAt }),
    hostNetwork: readFlag(child(spec, 'hostNetwork')) ?? false,
  }
}

const serviceNameLabel = 'kubernetes.io/service-name'

/**
 * EndpointSlice of discovery.k8s.io. A slice that belongs to no service is nothing here: undefined. Endpoints that are not
 * ready, or on their way out, are in it too: Felix makes a rule's addresses of all of them.
 */
export function readEndpointSlice(root: Place): ServiceSlice | undefined {
  const meta = readMeta(root)
  const service = meta?.labels.get(serviceNameLabel)
  if (!meta || service === undefined) return undefined
  const endpoints = readList(child(root, 'endpoints')) ?? []
  const ports = (readList(child(root, 'ports')) ?? []).flatMap((place) => {
    const port = readWhole(child(place, 'port'), 1, 65535)
    const protocol = isPresent(child(place, 'protocol')) ? readProtocol(child(place, 'protocol')) : tcp
    return port === undefined || protocol === undefined ? [] : [{ protocol, port }]
  })
  return {
    namespace: meta.namespace ?? 'default',
    service,
    addresses: endpoints.flatMap((endpoint) => readAddresses(child(endpoint, 'addresses'))),
    ports,
  }
}

export function readNode(root: Place): Node | undefined {
  const meta = readMeta(root)
  if (!meta) return undefined
  const entries = readList(child(child(root, 'status'), 'addresses')) ?? []
  const addresses = entries.flatMap((entry) => parseAddress(readText(child(entry, 'address')) ?? '') ?? [])
  return { name: meta.name, labels: meta.labels, addresses }
}

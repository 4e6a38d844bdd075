// Name, namespace and labels of any object, including those that Calico's own storage group hides in an annotation.
import { child, isRecord, type Place, readLabels, readText, type Report, required } from './place.ts'

export interface Meta {
  readonly name: string
  readonly namespace?: string
  readonly labels: ReadonlyMap<string, string>
}

const storageGroup = 'crd.projectcalico.org/'
const hiddenMetadata = 'projectcalico.org/metadata'

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** In `crd.projectcalico.org/v1` the object's real metadata is JSON in an annotation, laid over the resource's own. */
function hiddenIn(root: Place, meta: Place, report: Report): Place | undefined {
  const { value } = child(root, 'apiVersion')
  if (typeof value !== 'string' || !value.startsWith(storageGroup)) return undefined
  const annotation = readText(child(child(meta, 'annotations'), hiddenMetadata))
  const hidden = parseJson(annotation)
  return isRecord(hidden) ? { value: hidden, path: `metadata.annotations[${hiddenMetadata}]`, report } : undefined
}

function isStored(root: Place): boolean {
  const { value } = child(root, 'apiVersion')
  return typeof value === 'string' && value.startsWith(storageGroup)
}

/** Policies of the default tier are stored as `default.<name>`; without a name in the annotation the prefix goes. */
const withoutStoragePrefix = (name: string) => name.replace(/^default\./, '')

export function readMeta(root: Place): Meta | undefined {
  const meta = child(root, 'metadata')
  const own = required(child(meta, 'name'), readText)
  if (own === undefined) return undefined
  const hidden = hiddenIn(root, meta, root.report)
  const hiddenName = hidden && readText(child(hidden, 'name'))
  const name = hiddenName ?? (isStored(root) ? withoutStoragePrefix(own) : own)
  const namespace = readText(child(meta, 'namespace'))
  const labels = new Map([...readLabels(child(meta, 'labels')), ...(hidden ? readLabels(child(hidden, 'labels')) : [])])
  return { name, labels, ...(namespace && { namespace }) }
}

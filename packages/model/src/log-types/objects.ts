// The object log: every version of every Kubernetes object that names an endpoint or takes part in a verdict. It is what
// makes the past answerable: the state of a cluster at a moment is the newest version of each uid before it, without those
// whose newest version is `deleted`. Sources write all present objects again at their start and once a day, so that a reader
// never has to look further back than a day and a bit.
import { defineLogType, field } from '../field.ts'

export const objectLog = defineLogType({
  name: 'objects',
  title: 'object log',
  doc: 'Kubernetes objects: one record per version of an object that names endpoints or takes part in verdicts.',
  indexBase: 'margay_objects',
  time: 'time',
  // Versions of one object lie together, so that each costs little more than its difference from the one before.
  sortKey: ['kind', 'namespace', 'name', 'sequence'],
  columns: ['time', 'change', 'kind', 'namespace', 'name', 'labels', 'generation', 'api_version'],
  fields: {
    time: field.timestamp({
      role: 'time',
      label: 'Time',
      doc: 'When this version was seen, Unix seconds. The object is as the record says from then on.',
    }),
    cluster: field.keyword({
      role: 'dimension',
      ours: true,
      label: 'Cluster',
      doc: 'Cluster that the object belongs to.',
    }),
    origin: field.enum({
      role: 'dimension',
      ours: true,
      label: 'Origin',
      values: ['kubernetes', 'files', 'demo'],
      doc: 'Where the object was read: the Kubernetes API, YAML files, or the story of the demo.',
    }),
    change: field.enum({
      role: 'dimension',
      ours: true,
      label: 'Change',
      values: ['present', 'added', 'modified', 'deleted'],
      doc: 'What happened. `present` is no change: the object was found when its source started, or is repeated once a day.',
    }),
    kind: field.keyword({
      role: 'dimension',
      ours: true,
      label: 'Kind',
      values: ['Pod', 'Service', 'EndpointSlice', 'Node', 'Namespace', 'NetworkPolicy'],
      doc: 'Kind of the object.',
    }),
    api_version: field.keyword({
      role: 'dimension',
      ours: true,
      label: 'API version',
      doc: 'Group and version under which the object was read, as in `networking.k8s.io/v1`.',
    }),
    namespace: field.keyword({
      role: 'dimension',
      ours: true,
      label: 'Namespace',
      doc: 'Namespace of the object; `-` where its kind has none.',
    }),
    name: field.keyword({ role: 'detail', ours: true, label: 'Name', doc: 'Name of the object.' }),
    uid: field.keyword({
      role: 'detail',
      ours: true,
      label: 'UID',
      doc: 'What tells the object from earlier and later ones of its name. Objects of files that state none have kind and name.',
    }),
    sequence: field.count({
      role: 'detail',
      ours: true,
      label: 'Sequence',
      doc: 'Order of the records, since several versions may be seen in one second.',
    }),
    resource_version: field.keyword({
      role: 'detail',
      ours: true,
      label: 'Resource version',
      doc: 'Version of the object as the API server counts it.',
    }),
    generation: field.count({
      role: 'detail',
      ours: true,
      zeroIsAbsent: true,
      label: 'Generation',
      doc: 'How often the wanted state changed, for kinds that count it.',
    }),
    labels: field.keywords({
      role: 'detail',
      ours: true,
      label: 'Labels',
      doc: 'Labels of the object as `key=value`.',
    }),
    object: field.text({
      role: 'detail',
      ours: true,
      label: 'Object',
      doc: 'The object as JSON, without what names and verdicts do not depend on. For `deleted` it is the last version.',
    }),
  },
})

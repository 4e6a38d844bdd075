// A log type with a field of every kind, so that properties cover kinds that no published log type has yet.
import { defineLogType, field } from '@margay/model'

const doc = 'For tests.'

export const specimenLog = defineLogType({
  name: 'specimen',
  title: 'specimen log',
  doc,
  indexBase: 'tigera_secure_ee_specimen',
  time: 'time',
  sortKey: ['name', 'time'],
  columns: ['time', 'name'],
  fields: {
    time: field.timestamp({ role: 'time', doc }),
    cluster: field.keyword({ role: 'dimension', doc }),
    name: field.keyword({ role: 'dimension', doc }),
    code: field.keyword({ role: 'dimension', fold: 'upper', doc }),
    domain: field.keyword({ role: 'detail', fold: 'name', doc }),
    verdict: field.enum({ role: 'dimension', values: ['allow', 'deny'], doc }),
    message: field.text({ role: 'detail', doc }),
    address: field.ip({ role: 'detail', doc }),
    port: field.port({ role: 'dimension', doc }),
    count: field.count({ role: 'measure', width: 32, doc }),
    bytes: field.bytes({ role: 'measure', doc }),
    latency: field.duration({ role: 'measure', unit: 'ns', zeroIsAbsent: true, doc }),
    flag: field.bool({ role: 'detail', doc }),
    labels: field.keywords({ role: 'dimension', doc }),
    sources: field.ips({ role: 'detail', doc }),
    ports: field.ports({ role: 'detail', doc }),
    'object.list': field.keywords({ role: 'detail', doc }),
    'policies.enforced_policies': field.hits({ role: 'dimension', doc }),
    'policies.pending_policies': field.hits({ role: 'dimension', doc }),
    'policies.all_policies': field.hits({
      role: 'dimension',
      readsAs: ['policies.enforced_policies', 'policies.pending_policies'],
      doc,
    }),
    'sets.name': field.keywords({ role: 'detail', nested: 'sets', fold: 'name', doc }),
    'sets.ip': field.ips({ role: 'detail', nested: 'sets', doc }),
    'sets.data': field.keywordLists({ role: 'detail', nested: 'sets', doc }),
  },
})

import { flowLog, logType, logTypes } from '@margay/model'
import { expect, it } from 'vitest'
import { columnsOf } from './columns.ts'

it('draws a namespace and the name after it as one column', () => {
  const columns = columnsOf(flowLog, [
    'start_time',
    'source_namespace',
    'source_name_aggr',
    'dest_name_aggr',
    'dest_namespace',
  ])
  expect(columns.map(({ fields }) => fields)).toEqual([
    ['start_time'],
    ['source_namespace', 'source_name_aggr'],
    ['dest_name_aggr'],
    ['dest_namespace'],
  ])
})

it.each([
  ['objects', ['namespace', 'name']],
  ['policy_activity', ['policy.namespace', 'policy.name']],
])('does so for %s as well', (name, fields) => expect(columnsOf(logType(name)!, fields)).toHaveLength(1))

it('does not join a namespace to the other end’s name', () =>
  expect(columnsOf(flowLog, ['source_namespace', 'dest_name_aggr'])).toHaveLength(2))

it('leaves out what is no field, as an old address may name', () =>
  expect(columnsOf(flowLog, ['nonsense', 'proto', 'constructor']).map(({ id }) => id)).toEqual(['proto']))

it.each(logTypes.map((type) => [type.name, type] as const))('shows every field of %s that is asked for', (_, type) => {
  const names = Object.keys(type.fields)
  expect(
    columnsOf(type, names)
      .flatMap(({ fields }) => fields)
      .sort(),
  ).toEqual(names.sort())
})

import { flowLog, type Row } from '@margay/model'
import { bind, compileMatch, parseKql } from '@margay/query'
import { expect, it } from 'vitest'
import { composeQuery } from '../../view/pill.ts'
import { hidingPill } from './denied-at-destination.ts'

const ends = {
  source_namespace: 'dev',
  source_name_aggr: 'client-*',
  dest_namespace: 'prod',
  dest_name_aggr: 'api-*',
  proto: 'tcp',
}
const group = { key: ['dev', 'client-*', 'prod', 'api-*', 443, 'tcp'], measures: {} }

it('leaves out the source’s half of a conversation that its destination denied, and nothing else', () => {
  const source: Row = { ...ends, dest_port: 443, reporter: 'src', action: 'allow' }
  const rows: Row[] = [
    source,
    { ...source, reporter: 'dst', action: 'deny' },
    { ...source, dest_port: 80 },
    { ...source, source_namespace: 'test' },
    {},
  ]
  const parsed = parseKql(composeQuery('', [hidingPill([group])!]))
  if (!parsed.ok) throw new Error(parsed.errors[0].message)
  const bound = bind(parsed.filter, flowLog, { now: 0 })
  if (!bound.ok) throw new Error(bound.errors[0].message)
  expect(rows.filter(compileMatch(bound.filter, flowLog))).toEqual(rows.slice(1))
})

it('is nothing where no destination denied', () => expect(hidingPill([])).toBeUndefined())

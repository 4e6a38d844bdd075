// What the page is about at the moment: the vertex, box or edge that is selected, and the records behind it. Pure.
import {
  endFilter,
  endsOf,
  lookupFilter,
  selectionFilter,
  servedFilter,
  type NameService,
  type Tree,
} from '@margay/graph'
import { anyOf, printKql, type Filter } from '@margay/query'
import type { Scope } from '../../api/question.ts'
import type { Selection } from '../../view/selection.ts'

/** The id that tables and panel are about; a selected record leaves the edge or vertex that it was found under. */
export function subjectOf(selection: Selection | undefined, within: string | undefined): string | undefined {
  if (selection?.kind === 'row') return within
  return selection?.kind === 'vertex' || selection?.kind === 'edge' ? selection.id : undefined
}

export const selectionOf = (id: string): Selection => ({ kind: endsOf(id) ? 'edge' : 'vertex', id })

/** Both filters at once. */
export const both = (query: string, more: string): string => {
  if (query.trim() === '' || more === '') return query.trim() === '' ? more : query
  return `(${query}) and (${more})`
}

/** KQL of the records behind a subject, in the tree that it was chosen from; empty where there is none or it is not understood. */
export function subjectKql(subject: string | undefined, tree?: Tree): string {
  const filter = subject === undefined ? undefined : selectionFilter(subject, tree)
  return filter ? printKql(filter) : ''
}

/** The scope narrowed to a subject. */
export const within = (scope: Scope, subject: string | undefined, tree?: Tree): Scope => ({
  ...scope,
  query: both(scope.query, subjectKql(subject, tree)),
})

/**
 * The same for the lookups of its clients, and of a vertex that serves names those that it answered; undefined where the DNS
 * log cannot tell them. `services` are those by which it is asked.
 */
export function lookupsWithin(
  scope: Scope,
  subject: string | undefined,
  tree?: Tree,
  services: readonly NameService[] = [],
): Scope | undefined {
  if (subject === undefined) return scope
  const filters = [lookupFilter(subject, tree), servedFilter(subject, services, tree)]
  const filter = filters.reduce(eitherOf)
  return filter && { ...scope, query: both(scope.query, printKql(filter)) }
}

function eitherOf(a: Filter | undefined, b: Filter | undefined): Filter | undefined {
  return a && b ? anyOf(a, b) : (a ?? b)
}

/**
 * KQL of the questions for names that come to a vertex; undefined where it is none that could answer. Only those on port 53:
 * which other ports an agent reads names on (`--dns-ports`) is not known here.
 */
export function namesAskedOf(subject: string | undefined, tree?: Tree): string | undefined {
  const filter = subject === undefined || endsOf(subject) ? undefined : endFilter(subject, 'dest', tree)
  return filter && `(${printKql(filter)}) and dest_port: 53`
}

// A cluster as files tell it: the snapshot, and everything that was wrong with them, each with its place. Errors leave an
// object out, as the API server would have refused it; what is said on the way never stops the work on the rest.
import type { Issue, Snapshot } from '@margay/policy'
import { parseSnapshot, policyKey, policyKinds } from '@margay/policy'
import type { Context } from '../../context.ts'
import { CliError } from '../../fail.ts'
import { formatCount } from '../../output/numbers.ts'
import { safeText } from '../../output/safe-text.ts'
import type { Manifest, Manifests, Place, Step } from './manifests.ts'
import { plural } from './words.ts'

export interface Fault {
  readonly severity: Issue['severity']
  readonly place: Place
  /** `NetworkPolicy shop/web`; absent where the text itself is broken. */
  readonly object?: string
  readonly path: string
  readonly message: string
}

export interface Cluster {
  readonly snapshot: Snapshot
  readonly faults: readonly Fault[]
  /** Kinds that say nothing about policy, and how many objects of each there are. */
  readonly strangers: ReadonlyMap<string, number>
  /** By policy's key, for findings. */
  readonly policies: ReadonlyMap<string, Manifest>
}

/** Steps of a path such as `spec.ingress[0].from[1]`. */
export const stepsOf = (path: string): readonly Step[] =>
  [...path.matchAll(/\[(\d+)\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(([, index, key, name]) =>
    index === undefined ? (key ?? name ?? '') : Number(index),
  )

const faultOf = ({ severity, object, path, message }: Issue, manifest: Manifest): Fault => ({
  severity,
  object,
  path,
  message,
  place: manifest.placeOf(stepsOf(path)),
})

function kindOf({ value }: Manifest): string {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  return typeof kind === 'string' ? kind : 'of no kind'
}

/** Misspelt, or of an API that is no more: somebody means it to be a policy. */
const isMeantAsPolicy = (kind: string) => /networkpol/i.test(kind) || policyKinds.includes(kind)

/** The only issue at `kind` is that no policy cares for it. */
const isStranger = ({ path, severity }: Issue, kind: string) =>
  path === 'kind' && severity === 'warning' && !isMeantAsPolicy(kind)

interface Placed {
  readonly faults: Fault[]
  readonly strangers: Map<string, number>
  readonly policies: Map<string, Manifest>
}

function notePolicies(manifest: Manifest, { policies }: Snapshot, { faults, policies: known }: Placed): void {
  for (const key of policies.map(policyKey)) {
    const before = known.get(key)?.placeOf([])
    if (before) {
      const message = `is here again and replaces the one at ${before.file}:${before.line}`
      faults.push({ severity: 'warning', object: key, path: 'metadata.name', message, place: manifest.placeOf([]) })
    }
    known.set(key, manifest)
  }
}

/** Reads each object by itself, to know what is said of which. */
function place(manifests: readonly Manifest[]): Placed {
  const placed: Placed = { faults: [], strangers: new Map(), policies: new Map() }
  for (const manifest of manifests) {
    const { snapshot, issues } = parseSnapshot([manifest.value])
    const kind = kindOf(manifest)
    for (const issue of issues) {
      if (isStranger(issue, kind)) placed.strangers.set(kind, (placed.strangers.get(kind) ?? 0) + 1)
      else placed.faults.push(faultOf(issue, manifest))
    }
    notePolicies(manifest, snapshot, placed)
  }
  return placed
}

export function clusterOf({ manifests, unread }: Manifests): Cluster {
  const { snapshot } = parseSnapshot(manifests.map(({ value }) => value))
  const { faults, strangers, policies } = place(manifests)
  const broken = unread.map((each): Fault => ({ severity: 'error', path: '', ...each }))
  return { snapshot, faults: [...broken, ...faults], strangers, policies }
}

/** `shop/web.yaml:12`. */
export const placeText = ({ file, line }: Place) => safeText(`${file}:${line}`)

export const faultText = ({ place: { document }, object, path, message }: Fault) =>
  safeText(`document ${document}: ${[object, path].filter(Boolean).join(' ')}${object || path ? ': ' : ''}${message}`)

/** Ends a command whose work was done on what was left. Throws where something had errors. */
export function refuseErrors({ faults }: Cluster): void {
  const count = faults.filter(({ severity }) => severity === 'error').length
  if (count > 0) throw new CliError(`the files have ${plural(count, 'error')}; what they are about was left out`, 1)
}

/** Says which kinds of objects were of no use. */
export function tellStrangers({ output }: Context, { strangers }: Cluster): void {
  if (strangers.size === 0) return
  const kinds = [...strangers].map(([kind, count]) => `${safeText(kind)} (${formatCount(count)})`).join(', ')
  output.err(`objects that take no part in policy were passed over: ${kinds}\n`)
}

/** Says on standard error what was left out of a verdict, and how much. */
export function tellFaults(context: Context, cluster: Cluster): void {
  for (const fault of cluster.faults) {
    context.output.err(`${placeText(fault.place)}: ${fault.severity}: ${faultText(fault)}\n`)
  }
  tellStrangers(context, cluster)
}

// Our source of objects, followed by a recorder and an inventory as in the server, against a real API server.
import { setTimeout as sleep } from 'node:timers/promises'
import { createHealth, createLogger } from '@margay/kit'
import type { ObjectRow } from '@margay/model'
import type { Inventory } from '../../../apps/server/src/inventory/inventory.ts'
import { createInventory } from '../../../apps/server/src/inventory/inventory.ts'
import { kubeconfig } from '../../../apps/server/src/kubernetes/kubeconfig.ts'
import type { KubernetesSourceConfig } from '../../../apps/server/src/kubernetes/source.ts'
import { createKubernetesSource } from '../../../apps/server/src/kubernetes/source.ts'
import type { ObjectVersion } from '../../../apps/server/src/objects/object-row.ts'
import { versionOfRow } from '../../../apps/server/src/objects/object-row.ts'
import type { Recorder } from '../../../apps/server/src/objects/recorder.ts'
import { createRecorder } from '../../../apps/server/src/objects/recorder.ts'

export interface Follower {
  readonly inventory: Inventory
  readonly recorder: Recorder
  /** What was written to the object log. */
  readonly rows: readonly ObjectRow[]
  /** State, detail and hint of the stage. */
  stage(): { readonly state: string; readonly detail?: string; readonly hint?: string }
  isCurrent(): boolean
  stop(): Promise<void>
}

/** A cluster's waits, made short: what is tested is what happens, not how long it takes. */
const impatient: KubernetesSourceConfig = {
  discoverSeconds: 1,
  pageObjects: 10,
  contact: { everyMs: 200, patienceMs: 1_000 },
}

const silent = createLogger({ level: 'error', form: 'json' }, { write: () => {} })

export function startFollower(
  kubeconfigPath: string,
  more: Partial<KubernetesSourceConfig> = {},
  known: readonly ObjectVersion[] = [],
): Follower {
  const clock = () => Date.now()
  const health = createHealth()
  const inventory = createInventory()
  const rows: ObjectRow[] = []
  const recorder = createRecorder({
    cluster: 'test',
    sinks: [inventory],
    clock,
    write: (written) => void rows.push(...written),
  })
  recorder.restore(known)
  recorder.restored(['kubernetes'])
  const source = createKubernetesSource(
    { ...impatient, ...more },
    {
      access: kubeconfig({ path: kubeconfigPath }, clock),
      objects: recorder.source('kubernetes'),
      log: silent,
      health,
      clock,
    },
  )
  const ended = new AbortController()
  const running = source.run(ended.signal)
  return {
    inventory,
    recorder,
    rows,
    stage: () => health.report()['kubernetes']!,
    isCurrent: () => source.isCurrent(),
    async stop() {
      ended.abort()
      await running
    },
  }
}

export const versionsOf = ({ rows }: Follower): readonly ObjectVersion[] => rows.map((row) => versionOfRow(row)!)

/** Far over anything that is waited for, on a machine that does other things too. */
const patienceMs = 120_000

/** Waits until something is so; what it is last is in the message where it never is. */
export async function eventually<T>(what: string, look: () => T, isRight: (value: T) => boolean): Promise<T> {
  const end = Date.now() + patienceMs
  for (;;) {
    const value = look()
    if (isRight(value)) return value
    if (Date.now() > end) throw new Error(`waited for ${what}, but it is ${JSON.stringify(value)}`)
    await sleep(20)
  }
}

export const becomes = <T>(what: string, look: () => T, wanted: T): Promise<T> =>
  eventually(what, look, (value) => JSON.stringify(value) === JSON.stringify(wanted))

// What the collectors say of themselves to the server: state, one sentence, and the fields that stay absent meanwhile.
import type { StageState, StageStatus } from '@margay/kit'
import type { Collector as Reported } from '@margay/wire'
import { programs } from '../kernel/programs.ts'
import { collectors } from './index.ts'

/** Collectors that merely stand in for another are no news where they are off. */
export const standIns = new Set(['sockets'])

const stateWords: Readonly<Record<StageStatus, Reported['state']>> = {
  starting: 'starting',
  ok: 'ready',
  degraded: 'degraded',
  failed: 'failed',
  off: 'off',
}

/** Names of programs that the sentence of a degraded collector names as missing. */
const fieldsNamedIn = (text: string) =>
  programs.filter(({ name }) => text.includes(name)).flatMap(({ fields }) => fields)

/** The collectors with their states out of a health report; one that has not spoken yet is starting. */
export function reportCollectors(report: Readonly<Record<string, StageState>>): Reported[] {
  return collectors.flatMap(({ name, title, doc }) => {
    const stage = report[name] ?? { state: 'starting' as const }
    if (stage.state === 'off' && standIns.has(name)) return []
    const says = [stage.detail ?? doc, stage.hint].filter(Boolean).join('; ')
    const missingFields = stage.detail === undefined ? [] : [...new Set(fieldsNamedIn(stage.detail))]
    return [{ name, title, state: stateWords[stage.state], says, missingFields }]
  })
}

// The states of the stages as metrics: whether each works, what waits in it, how late it is, what it lost. Stage names and
// reasons come from the code, so the number of series is bounded.
import type { StageState } from '@margay/kit'

type Labels = Readonly<Record<string, string>>

interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly doc: string
  readonly values: (stage: StageState) => readonly (readonly [labels: Labels, value: number])[]
}

const one = (value: number | undefined): readonly (readonly [Labels, number])[] =>
  value === undefined ? [] : [[{}, value]]

const families: readonly Family[] = [
  {
    name: 'margay_stage_up',
    type: 'gauge',
    doc: '1 while the stage works, also with less than it should; 0 while it does not.',
    values: ({ state }) => (state === 'off' ? [] : one(state === 'ok' || state === 'degraded' ? 1 : 0)),
  },
  {
    name: 'margay_stage_queue',
    type: 'gauge',
    doc: 'What waits in the stage.',
    values: ({ queue }) => (queue ? [[{ unit: queue.unit }, queue.length]] : []),
  },
  {
    name: 'margay_stage_queue_limit',
    type: 'gauge',
    doc: 'What may wait before something is refused or dropped.',
    values: ({ queue }) => (queue ? [[{ unit: queue.unit }, queue.limit]] : []),
  },
  {
    name: 'margay_stage_lag_seconds',
    type: 'gauge',
    doc: 'Age of the oldest thing that waits.',
    values: ({ lagMs }) => one(lagMs === undefined ? undefined : lagMs / 1000),
  },
  {
    name: 'margay_stage_lost_total',
    type: 'counter',
    doc: 'What was lost since the start, by reason.',
    values: ({ lost }) => Object.entries(lost ?? {}).map(([reason, count]) => [{ reason }, count]),
  },
  {
    name: 'margay_stage_restarts_total',
    type: 'counter',
    doc: 'Times that the stage was started again after it died.',
    values: ({ restarts }) => one(restarts),
  },
]

const labelText = (labels: Labels) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')

/** Lines in the text exposition format, ended. */
export function stageMetrics(stages: Readonly<Record<string, StageState>>): string {
  return families
    .map(({ name, type, doc, values }) => {
      const lines = Object.entries(stages).flatMap(([stage, state]) =>
        values(state).map(([labels, value]) => `${name}{${labelText({ stage, ...labels })}} ${value}\n`),
      )
      return lines.length === 0 ? '' : `# HELP ${name} ${doc}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

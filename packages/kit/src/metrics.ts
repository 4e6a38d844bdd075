// Counters, gauges and histograms in the Prometheus text format. Label values come from closed sets of ours (a part, a
// reason, a log type), never from observed data, so the number of series is bounded by the code.

export type Labels = Readonly<Record<string, string>>

export interface Counter {
  add(by?: number, labels?: Labels): void
}
export interface Gauge {
  set(value: number, labels?: Labels): void
}
export interface Histogram {
  observe(value: number, labels?: Labels): void
}

export interface Metrics {
  /** `name` is without the prefix `margay_`; a counter's ends in `_total`, a unit is part of it: `_bytes`, `_seconds`. */
  counter(name: string, doc: string): Counter
  gauge(name: string, doc: string): Gauge
  /** A gauge whose value is asked for when the text is made. */
  gaugeOf(name: string, doc: string, value: () => number): void
  histogram(name: string, doc: string, bounds: readonly number[]): Histogram
  /** All of them in the text exposition format, version 0.0.4. */
  text(): string
}

interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly doc: string
  /** Lines without the metric's prefix, in the order in which labels were first seen. */
  readonly lines: () => readonly string[]
  readonly handle: Counter | Gauge | Histogram | undefined
}

const escapeLabel = (value: string) => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')

const labelText = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

function numberFamily(type: 'counter' | 'gauge', name: string, doc: string) {
  const values = new Map<string, number>()
  const family: Family & { readonly handle: Counter & Gauge } = {
    type,
    doc,
    lines: () => [...values].map(([labels, value]) => `${name}${labels} ${value}`),
    handle: {
      add(by = 1, labels = {}) {
        const key = labelText(labels)
        values.set(key, (values.get(key) ?? 0) + by)
      },
      set(value, labels = {}) {
        values.set(labelText(labels), value)
      },
    },
  }
  return family
}

function histogramFamily(name: string, doc: string, bounds: readonly number[]) {
  const series = new Map<string, { readonly labels: Labels; readonly buckets: number[]; sum: number; count: number }>()
  const handle: Histogram = {
    observe(value, labels = {}) {
      const key = labelText(labels)
      const one = series.get(key) ?? { labels, buckets: bounds.map(() => 0), sum: 0, count: 0 }
      series.set(key, one)
      one.sum += value
      one.count++
      bounds.forEach((bound, index) => {
        if (value <= bound) one.buckets[index]!++
      })
    },
  }
  const lines = () =>
    [...series].flatMap(([key, { labels, buckets, sum, count }]) => [
      ...buckets.map((hits, index) => `${name}_bucket${labelText({ ...labels, le: String(bounds[index]) })} ${hits}`),
      `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
      `${name}_sum${key} ${sum}`,
      `${name}_count${key} ${count}`,
    ])
  return { type: 'histogram', doc, lines, handle } satisfies Family
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>()
  const own = <F extends Family>(name: string, make: (full: string) => F): F => {
    const full = `margay_${name}`
    const known = families.get(full) as F | undefined
    const family = known ?? make(full)
    families.set(full, family)
    return family
  }
  return {
    counter: (name, doc) => own(name, (full) => numberFamily('counter', full, doc)).handle,
    gauge: (name, doc) => own(name, (full) => numberFamily('gauge', full, doc)).handle,
    gaugeOf(name, doc, value) {
      own(name, (full) => ({ type: 'gauge', doc, lines: () => [`${full} ${value()}`], handle: undefined }))
    },
    histogram: (name, doc, bounds) => own(name, (full) => histogramFamily(full, doc, bounds)).handle,
    text: () =>
      [...families]
        .flatMap(([name, { type, doc, lines }]) => [`# HELP ${name} ${doc}`, `# TYPE ${name} ${type}`, ...lines(), ''])
        .join('\n'),
  }
}

// A stacked histogram over time by ECharts, brushed to zoom, with a table of the same figures for who cannot see it. It is
// loaded when it is first shown: ECharts is large.
import { useComputedColorScheme } from '@mantine/core'
import { BarChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use as register, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import { formatCount } from '../../format/number.ts'
import { formatTime, formatWithin } from '../../format/time.ts'
import { palettes, type Palette, type Token } from '../../theme/theme.ts'
import { useBrush } from '../../ui/use-brush.ts'
import type { HistogramData, Series } from './histogram-data.ts'
import css from './Histogram.module.css'

register([BarChart, GridComponent, TooltipComponent, CanvasRenderer])

/** Words that have a colour of their own everywhere; others take the next of the neutral ones. */
const tokens: Readonly<Record<string, Token>> = {
  allow: 'allow-area',
  deny: 'deny',
  NOERROR: 'allow-area',
  NXDOMAIN: 'warn',
  SERVFAIL: 'deny',
}
const neutral: readonly Token[] = ['gap', 'accent', 'text-3', 'deny-dest', 'line-strong', 'text-2']

function tokenOf({ name }: Series, at: number): Token {
  return tokens[name] ?? neutral[at % neutral.length]!
}

interface Props {
  readonly data: HistogramData
  readonly zone: string
  readonly label: string
  readonly onBrush: (from: number, to: number) => void
}

const left = 48
const right = 24

function optionsOf({ data, zone }: Pick<Props, 'data' | 'zone'>, palette: Palette) {
  const { times, width, series } = data
  const span = times.length * width
  const axis = { axisLine: { lineStyle: { color: palette['line-strong'] } }, axisTick: { show: false } }
  const text = { color: palette['text-3'], fontSize: 11, fontFamily: 'Inter Variable' }
  return {
    animation: false,
    grid: { left, right, top: 8, bottom: 20 },
    xAxis: {
      ...axis,
      type: 'category',
      data: times.map((time) => formatWithin(time, span, zone)),
      axisLabel: { ...text, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      splitNumber: 2,
      minInterval: 1,
      axisLabel: { ...text, formatter: (value: number) => formatCount(value) },
      splitLine: { lineStyle: { color: palette.line } },
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      backgroundColor: palette.raised,
      borderColor: palette['line-strong'],
      textStyle: { ...text, color: palette.text, fontSize: 12 },
      confine: true,
    },
    series: series.map((one, at) => ({
      type: 'bar',
      stack: 'all',
      name: one.name,
      data: one.counts,
      barCategoryGap: '12%',
      itemStyle: { color: palette[tokenOf(one, at)] },
    })),
  }
}

export function Histogram({ data, zone, label, onBrush }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(null)
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    const made = init(host.current)
    chart.current = made
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(host.current!)
    return () => {
      observer.disconnect()
      made.dispose()
    }
  }, [])
  useEffect(() => {
    chart.current?.setOption(optionsOf({ data, zone }, palettes[scheme]), { notMerge: true })
  }, [data, zone, scheme])
  const { times, width } = data
  const at = (share: number) => Math.round((times[0] ?? 0) + share * times.length * width)
  const { brush, hover, handlers } = useBrush((from, to) => onBrush(at(from), Math.max(at(to), at(from) + 1)))
  // The brush lies over the chart and takes its pointer events, so it hands on what is pointed at.
  const pointedAt = hover === undefined ? undefined : Math.min(times.length - 1, Math.floor(hover * times.length))
  useEffect(() => {
    const tip =
      pointedAt === undefined ? { type: 'hideTip' } : { type: 'showTip', seriesIndex: 0, dataIndex: pointedAt }
    chart.current?.dispatchAction(tip)
  }, [pointedAt])
  return (
    <figure className={css.figure}>
      <div className={css.plot}>
        <div ref={host} className={css.chart} aria-hidden="true" />
        <div className={css.brushArea} style={{ left, right }} {...handlers}>
          {brush && (
            <div
              className={css.brush}
              style={{
                left: `${Math.min(brush.start, brush.end) * 100}%`,
                width: `${Math.abs(brush.end - brush.start) * 100}%`,
              }}
            />
          )}
        </div>
      </div>
      <figcaption className={css.legend}>
        {data.series.map((one, at) => (
          <span key={one.name}>
            <i style={{ background: `var(--${tokenOf(one, at)})` }} />
            {one.name}
          </span>
        ))}
      </figcaption>
      <Twin data={data} zone={zone} label={label} />
    </figure>
  )
}

/** The same figures as a table. */
function Twin({ data, zone, label }: Pick<Props, 'data' | 'zone' | 'label'>) {
  return (
    <details className={css.twin}>
      <summary>Table</summary>
      <div className={css.twinScroll} tabIndex={0} role="region" aria-label={`${label}, as a table`}>
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              {data.series.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.times.map((time, at) => (
              <tr key={time}>
                <th scope="row">{formatTime(time, zone)}</th>
                {data.series.map(({ name, counts }) => (
                  <td key={name}>{formatCount(counts[at] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

// Options of the dispatch charts. Shares come as 0..1 and are drawn in percent; what is not known is hatched, never left out.

import type { EyesOnHour } from '@/api/eyeson'
import { frame, hatched, percent } from '@/plan/charts/options'
import type { Ink } from '@/plan/charts/ink'

const two = (n: number) => String(n).padStart(2, '0')

export function hoursOver(ink: Ink, rows: EyesOnHour[], names: { camera: string; unknown: string; visits: string }): Record<string, unknown> {
  const base = frame(ink, rows.map(({ hour }) => two(new Date(hour).getHours())))
  const axis = base.yAxis as Record<string, unknown>
  return {
    ...base,
    grid: { ...base.grid, right: 34 },
    tooltip: { ...base.tooltip, valueFormatter: undefined },
    yAxis: [{ ...axis, max: 100 }, { type: 'value', minInterval: 1, axisLabel: { color: ink.meta, fontSize: 12 }, splitLine: { show: false } }],
    series: [
      { name: names.camera, type: 'bar', stack: 'seen', barMaxWidth: 14, data: rows.map(({ camera_share }) => percent(camera_share)), itemStyle: { color: ink.accent } },
      { name: names.unknown, type: 'bar', stack: 'seen', barMaxWidth: 14, data: rows.map(({ unknown_share }) => percent(unknown_share)), itemStyle: hatched(ink.meta) },
      { name: names.visits, type: 'line', yAxisIndex: 1, step: 'middle', symbol: 'circle', symbolSize: 5, data: rows.map(({ visits }) => visits), lineStyle: { color: ink.text, width: 1.6 }, itemStyle: { color: ink.text } },
    ],
  }
}

export interface Stack {
  name: string
  values: (number | null)[]
  look: 'solid' | 'faint' | 'hatched' | 'line'
}

const looks = (ink: Ink): Record<Stack['look'], Record<string, unknown>> => ({
  solid: { color: ink.accent }, faint: { color: ink.accent, opacity: 0.45 }, hatched: hatched(ink.meta), line: { color: 'transparent', borderColor: ink.meta, borderWidth: 1 },
})

/** Shares by name, one upon another. */
export function sharesBy(ink: Ink, names: string[], stacks: Stack[]): Record<string, unknown> {
  return { ...frame(ink, names), series: stacks.map(({ name, values, look }) => ({ name, type: 'bar', stack: 'share', barMaxWidth: 28, data: values.map(percent), itemStyle: looks(ink)[look] })) }
}

/** Counts by name, one upon another. */
export function countsBy(ink: Ink, names: string[], stacks: Stack[]): Record<string, unknown> {
  const base = frame(ink, names)
  const axis = base.yAxis as { axisLabel: object }
  return {
    ...base,
    tooltip: { ...base.tooltip, valueFormatter: undefined },
    yAxis: { ...axis, minInterval: 1, axisLabel: { ...axis.axisLabel, formatter: '{value}' } },
    series: stacks.map(({ name, values, look }) => ({ name, type: 'bar', stack: 'count', barMaxWidth: 28, data: values, itemStyle: looks(ink)[look] })),
  }
}

// Options of the two charts: shares over days, and shares side by side. Shares come as 0..1 and are drawn in percent.

import type { Ink } from './ink'

export interface Series {
  name: string
  shares: (number | null)[]
  look: 'certain' | 'possible' | 'second' | 'third'
}

export const percent = (share: number | null) => (share === null ? null : Number((share * 100).toFixed(4)))
const percentText = (value: unknown) => (typeof value === 'number' ? `${Number(value.toPrecision(3))} %` : '–')

export const hatched = (colour: string) => ({ color: colour, opacity: 0.35, decal: { symbol: 'rect', rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 3], color: colour } })

export function frame(ink: Ink, names: string[]) {
  const axis = { axisLine: { lineStyle: { color: ink.faint } }, axisTick: { show: false }, axisLabel: { color: ink.meta, fontSize: 12, hideOverlap: true } }
  return {
    animationDuration: 200,
    textStyle: { fontFamily: ink.font, color: ink.text },
    grid: { left: 44, right: 12, top: 30, bottom: 24 },
    legend: { top: 0, right: 8, itemWidth: 14, itemHeight: 8, textStyle: { color: ink.meta, fontSize: 12 } },
    tooltip: {
      trigger: 'axis', confine: true, backgroundColor: ink.surface, borderColor: ink.faint, textStyle: { color: ink.text, fontSize: 12 }, valueFormatter: percentText,
    },
    xAxis: { type: 'category', data: names, ...axis },
    yAxis: { type: 'value', ...axis, axisLabel: { ...axis.axisLabel, formatter: '{value} %' }, splitLine: { lineStyle: { color: ink.line } } },
  }
}

/** Shares over days, a line each. */
export function linesOver(ink: Ink, days: string[], series: Series[]): Record<string, unknown> {
  const lines = {
    certain: { color: ink.accent, width: 2, type: 'solid' },
    possible: { color: ink.accent, width: 1.4, type: 'dashed' },
    second: { color: ink.text, width: 1.4, type: 'dotted' },
    third: { color: ink.meta, width: 1.4, type: 'solid' },
  }
  return {
    ...frame(ink, days.map((day) => day.slice(5))),
    series: series.map(({ name, shares, look }) => ({
      name, type: 'line', data: shares.map(percent), symbol: 'circle', symbolSize: 5, showSymbol: days.length < 20, lineStyle: lines[look], itemStyle: { color: lines[look].color },
    })),
  }
}

/** Shares by name, stacked: what is seen for sure, and what possibly on top. */
export function barsOf(ink: Ink, names: string[], series: Series[]): Record<string, unknown> {
  return {
    ...frame(ink, names),
    series: series.map(({ name, shares, look }) => ({
      name, type: 'bar', stack: 'seen', barMaxWidth: 28, data: shares.map(percent), itemStyle: look === 'certain' ? { color: ink.accent } : hatched(ink.accent),
    })),
  }
}

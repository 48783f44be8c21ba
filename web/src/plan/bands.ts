// The planning bands of both scales, and how shares are written, sorted and coloured.

import type { Band, BandCode, FigureRow, Scale } from '@/api/planning'

export const bandsOf: Record<Scale, readonly BandCode[]> = {
  iec: ['overview', 'outline', 'discern', 'perceive'],
  dori: ['detect', 'observe', 'recognise', 'identify'],
}

export const densityOf: Record<BandCode, number> = {
  overview: 20, outline: 40, discern: 80, perceive: 125, detect: 25, observe: 62.5, recognise: 125, identify: 250,
}

export const scaleOf = (band: BandCode): Scale => (bandsOf.iec.includes(band) ? 'iec' : 'dori')

/** The band of the other scale that stands at the same place of its ladder. */
export function counterpart(band: BandCode, scale: Scale): BandCode {
  return bandsOf[scale][bandsOf[scaleOf(band)].indexOf(band)]!
}

/** Two figures that tell: 0.43 %, 7.1 %, 63 %; never 100 % while something is missing, never 0 % while something is there. */
export function shareText(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–'
  const percent = share * 100
  if (percent === 0) return '0 %'
  if (percent < 0.01) return '<0.01 %'
  if (percent < 1) return `${percent.toFixed(2)} %`
  if (percent < 10) return `${percent.toFixed(1)} %`
  if (percent >= 99.5 && percent < 100) return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`
  return `${Math.round(percent)} %`
}

/** A change in percentage points, with its sign; a true minus so that columns stand straight. */
export function pointsText(before: number | null | undefined, after: number | null | undefined): string {
  if (before == null || after == null) return '–'
  const points = (after - before) * 100
  if (Math.abs(points) < 0.005) return '±0'
  const size = Math.abs(points)
  return `${points > 0 ? '+' : '−'}${size < 1 ? size.toFixed(2) : size.toFixed(1)}`
}

/** An amount of a measure: m² or km² for ground, m or km for roads and outlines. */
export function amountText(amount: number, measure: 'area' | 'road' | 'outline'): string {
  const [unit, large, per, least] = measure === 'area' ? (['m²', 'km²', 1e6, 1e5] as const) : (['m', 'km', 1e3, 1e3] as const)
  if (Math.abs(amount) < least) return `${Math.round(amount).toLocaleString('en-US')} ${unit}`
  const scaled = amount / per
  return `${scaled.toFixed(Math.abs(scaled) < 10 ? 2 : 1)} ${large}`
}

export const bandOf = (bands: readonly Band[] | undefined, code: BandCode): Band | undefined => bands?.find((band) => band.code === code)

export type SortKey = 'name' | 'code' | 'total' | 'none' | 'one' | BandCode

const collator = new Intl.Collator('zh-Hans-CN', { numeric: true })

function valueOf(row: FigureRow, key: SortKey, band: BandCode): number | null {
  if (key === 'total') return row.total
  if (key === 'none') return bandOf(row.bands, band)?.none_share ?? null
  if (key === 'one') return bandOf(row.bands, band)?.one_share ?? null
  return bandOf(row.bands, key as BandCode)?.certain_share ?? null
}

/** Rows by one column; unknown figures stay at the end either way, equals keep the order of their codes. */
export function sortedRows(rows: readonly FigureRow[], key: SortKey, isDescending: boolean, band: BandCode): FigureRow[] {
  const turn = isDescending ? -1 : 1
  const byCode = (a: FigureRow, b: FigureRow) => collator.compare(a.code ?? '', b.code ?? '')
  if (key === 'name') return [...rows].sort((a, b) => turn * collator.compare(a.name, b.name) || byCode(a, b))
  if (key === 'code') return [...rows].sort((a, b) => turn * byCode(a, b))
  return [...rows].sort((a, b) => {
    const [left, right] = [valueOf(a, key, band), valueOf(b, key, band)]
    if (left === null || right === null) return Number(left === null) - Number(right === null) || byCode(a, b)
    return turn * (left - right) || byCode(a, b)
  })
}

/** Rows whose name, code or division contains the words, whatever the case. */
export function matchingRows(rows: readonly FigureRow[], words: string): FigureRow[] {
  const wanted = words.trim().toLowerCase()
  if (!wanted) return [...rows]
  return rows.filter((row) => [row.name, row.code, row.division_name].some((text) => text?.toLowerCase().includes(wanted)))
}

export const classCount = 5
const niceSteps = [1, 2, 2.5, 5, 10]

/**
 * The four inner borders of five classes of equal, round width. Classes reach to the 95th percentile, so that one bright grid
 * does not make the rest look alike; the last class is open. Never wider than 20 %.
 */
export function classBorders(shares: readonly (number | null)[]): number[] {
  const known = shares.filter((share): share is number => share !== null && share > 0).sort((a, b) => a - b)
  const reach = known.length > 0 ? known[Math.min(known.length - 1, Math.floor(known.length * 0.95))]! : 1
  const least = reach / classCount
  const power = 10 ** Math.floor(Math.log10(least))
  const step = Math.min(0.2, (niceSteps.find((nice) => nice * power >= least * 0.999) ?? 10) * power)
  return [1, 2, 3, 4].map((i) => Number((i * step).toPrecision(6)))
}

/** Words for the borders of a legend without needless digits: 0.05 as "5", 0.0025 as "0.25". */
export const borderText = (share: number): string => String(Number((share * 100).toPrecision(4)))

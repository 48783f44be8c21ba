import type { Measure } from '@/api/grids'
import { distanceText } from '@/format/figures'

export const loadText = (load: number | null): string => (load === null ? '–' : load.toFixed(2))

export function amountText(measure: Measure, amount: number | null, unknown: string): string {
  if (amount === null) return unknown
  if (measure === 'road_m') return distanceText(amount)
  return measure === 'incidents' ? amount.toFixed(1) : Math.round(amount).toLocaleString('en-US')
}

import { expect, it } from 'vitest'
import type { Band, FigureRow } from '@/api/planning'
import { summedBands } from './sums'

const band = (total: number, certain: number): Band => ({
  code: 'outline', px_per_m: 40, scale: 'iec', total, certain, possible: 0, one: certain, more: 0, none: total - certain,
  certain_share: certain / total, possible_share: 0, one_share: certain / total, more_share: 0, none_share: 1 - certain / total,
})
const row = (bands: Band[]) => ({ bands }) as FigureRow

it('shares of a sum weigh by size', () => {
  // 10 of 100 and 90 of 900: a tenth of both, not the mean of shares; then 0 of 1000 halves it.
  expect(summedBands([row([band(100, 10)]), row([band(900, 90)])])[0]!.certain_share).toBeCloseTo(0.1)
  expect(summedBands([row([band(1000, 100)]), row([band(1000, 0)])])[0]!.certain_share).toBeCloseTo(0.05)
})

it('nothing to see has no share', () => {
  expect(summedBands([row([{ ...band(100, 0), total: 0 }])])[0]!.certain_share).toBeNull()
})

import { describe, expect, it } from 'vitest'
import { dayAfter, dayOf, daysBetween } from './days'

describe('days', () => {
  it('are counted over the ends of months and leap years', () => {
    expect(daysBetween('2024-02-28', '2024-03-01')).toBe(2)
    expect(dayAfter('2026-11-22', 40)).toBe('2027-01-01')
    expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28')
  })

  it('are those of the place, late in the evening too', () => {
    expect(dayOf(new Date(2026, 10, 2, 23, 59))).toBe('2026-11-02')
  })
})

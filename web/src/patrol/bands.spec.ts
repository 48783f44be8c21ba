import { describe, expect, it } from 'vitest'
import { crossesMidnight, dayRuns, hoursOf } from './bands'

describe('time bands', () => {
  it('run past midnight when they end no later than they begin', () => {
    expect(crossesMidnight({ begins: '22:00:00', ends: '06:00:00' })).toBe(true)
    expect(crossesMidnight({ begins: '08:00', ends: '20:00' })).toBe(false)
    expect(crossesMidnight({ begins: '08:00', ends: '08:00' })).toBe(true)
  })

  it('count hours past midnight, and a whole day when both ends meet', () => {
    expect(hoursOf({ begins: '22:00', ends: '06:30' })).toBe(8.5)
    expect(hoursOf({ begins: '08:00', ends: '20:00' })).toBe(12)
    expect(hoursOf({ begins: '08:00', ends: '08:00' })).toBe(24)
  })

  it('join days that follow one another, but not two', () => {
    expect(dayRuns([1, 2, 3, 4, 5, 7])).toEqual([[1, 5], [7, 7]])
    expect(dayRuns([6, 7])).toEqual([[6, 6], [7, 7]])
    expect(dayRuns([])).toEqual([])
  })
})

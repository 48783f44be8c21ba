import { describe, expect, it } from 'vitest'
import { nearest } from './sound'

const ranges = (...pairs: [number, number][]) => ({ length: pairs.length, start: (i: number) => pairs[i]![0], end: (i: number) => pairs[i]![1] })

describe('where the sound goes', () => {
  it('is where the picture is when it has that instant, in whichever stretch', () => {
    expect(nearest(ranges([0, 10], [30, 40]), 5)).toBe(5)
    expect(nearest(ranges([0, 10], [30, 40]), 31)).toBe(31)
  })

  it('is the nearest instant there, a little before an end', () => {
    expect(nearest(ranges([0, 10]), 12)).toBeCloseTo(9.95)
    expect(nearest(ranges([4, 10]), 3)).toBe(4)
    expect(nearest(ranges([0, 10], [30, 40]), 27)).toBe(30)
  })

  it('is nowhere when nothing is there', () => {
    expect(nearest(ranges(), 1)).toBeNull()
  })
})

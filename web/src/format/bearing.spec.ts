import { describe, expect, it } from 'vitest'
import { compassPoint, wholeDegrees } from './bearing'

describe('bearing words', () => {
  it('names the eight points at their middles', () => {
    expect([0, 45, 90, 135, 180, 225, 270, 315].map(compassPoint)).toEqual(['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'])
  })

  it('changes words half way between two points, the half going clockwise', () => {
    expect(compassPoint(22.49)).toBe('n')
    expect(compassPoint(22.5)).toBe('ne')
    expect(compassPoint(337.5)).toBe('n')
    expect(compassPoint(337.4)).toBe('nw')
  })

  it('takes bearings outside 0 to 360 as turns', () => {
    expect(compassPoint(-90)).toBe('w')
    expect(compassPoint(450)).toBe('e')
    expect(wholeDegrees(-90)).toBe('270°')
  })

  it('never says 360 degrees', () => {
    expect(wholeDegrees(359.7)).toBe('0°')
  })
})

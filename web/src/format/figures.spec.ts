import { describe, expect, it } from 'vitest'
import { areaText, densityText, distanceText } from './figures'

describe('figures with units', () => {
  it('gives metres below a kilometre and fewer decimals the farther', () => {
    expect(distanceText(87.4)).toBe('87 m')
    expect(distanceText(1234)).toBe('1.23 km')
    expect(distanceText(12_345)).toBe('12.3 km')
  })

  it('gives square metres, then square kilometres', () => {
    expect(areaText(5432.1)).toBe('5,432 m²')
    expect(areaText(2_345_678)).toBe('2.35 km²')
  })

  it('gives pixel density no false precision', () => {
    expect([4.26, 43.7, 263.4].map(densityText)).toEqual(['4.3 px/m', '44 px/m', '263 px/m'])
  })
})

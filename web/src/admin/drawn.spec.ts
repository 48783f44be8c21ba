import { describe, expect, it } from 'vitest'
import { boxOf, featuresOf, type Path } from './drawn'

describe('a file drawn under a reading', () => {
  it('is points where rows are points, lines elsewhere', () => {
    const { features } = featuresOf([[[110, 34]], [[110, 34], [110.1, 34.1]]])
    expect(features.map(({ geometry }) => geometry.type)).toEqual(['Point', 'LineString'])
  })
  it('is looked at as a whole', () => {
    expect(boxOf([[[110, 34]], [[110.2, 34.1], [110.1, 34.3]]])).toEqual([110, 34, 110.2, 34.3])
    expect(boxOf([])).toBeNull()
  })
  it('is not zoomed away by a stray point in a hundred', () => {
    const town: Path[] = Array.from({ length: 200 }, (_, i) => [[110 + i / 1000, 34 + i / 1000]])
    const box = boxOf([...town, [[0, 0]], [[179, 80]]])!
    expect(box[0]).toBeGreaterThan(109)
    expect(box[2]).toBeLessThan(111)
  })
})

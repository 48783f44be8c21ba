import { describe, expect, it } from 'vitest'
import type { WorkloadRow } from '@/api/grids'
import { bordersOf, loadOf, medianOf, ranked } from './loads'

const weights = { households: 0.4, buildings: 0.15, places: 0.15, incidents: 0.2, road_m: 0.1 }
const even = { households: 1, buildings: 1, places: 1, incidents: 1, road_m: 1 }
const row = (code: string, relative: WorkloadRow['relative']) => ({ code, relative }) as WorkloadRow

describe('the load of a grid', () => {
  it('is one for an average grid, and leaves out what nobody knows', () => {
    expect(loadOf(even, weights)).toBeCloseTo(1)
    expect(loadOf({ ...even, households: 2 }, weights)).toBeCloseTo(1.4)
    expect(loadOf({ ...even, households: null }, weights)).toBeCloseTo(1)
    expect(loadOf({ households: null, buildings: null, places: null, incidents: null, road_m: null }, weights)).toBeNull()
  })

  it('has a median over those known', () => {
    expect(medianOf([3, null, 1])).toBe(2)
    expect(medianOf([5, 1, 2])).toBe(2)
    expect(medianOf([null])).toBeNull()
  })

  it('is too heavy from one and a half times the median on', () => {
    const { grids, median } = ranked([row('a', even), row('b', { ...even, households: 4 }), row('c', even), row('d', { ...even, households: null })], weights)
    expect(median).toBeCloseTo(1)
    expect(grids.map(({ row: { code }, isHeavy }) => `${code} ${isHeavy}`)).toEqual(['b true', 'a false', 'c false', 'd false'])
  })

  it('has no classes where there is no median', () => {
    expect(bordersOf(null)).toEqual([])
    expect(bordersOf(2)).toEqual([1, 2, 3, 4])
  })
})

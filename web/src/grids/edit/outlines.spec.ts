import { describe, expect, it } from 'vitest'
import type { Ground } from '@/api/grids'
import { boundsOf, labelPoint, moved, neighboursOf, pixel_m, sharedBorder } from './outlines'

const square = (west: number, south: number, size = 1): Ground => ({
  type: 'Polygon',
  coordinates: [[[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]],
})

describe('the border two grids share', () => {
  it('is their common edge', () => {
    const border = sharedBorder(square(0, 0), square(1, 0))
    expect(border?.coordinates).toEqual([[1, 0], [1, 1]])
  })

  it('runs through every common corner, wherever the rings begin', () => {
    const bent: Ground = { type: 'Polygon', coordinates: [[[1, 0.5], [1.2, 0.7], [1, 1], [0, 1], [0, 0], [1, 0], [1, 0.5]]] }
    const beside: Ground = { type: 'Polygon', coordinates: [[[2, 0], [2, 1], [1, 1], [1.2, 0.7], [1, 0.5], [1, 0], [2, 0]]] }
    expect(sharedBorder(bent, beside)?.coordinates).toEqual([[1, 0], [1, 0.5], [1.2, 0.7], [1, 1]])
  })

  it('is none where they meet in a corner only', () => {
    expect(sharedBorder(square(0, 0), square(1, 1))).toBeNull()
  })

  it('is the longest of several pieces', () => {
    const comb: Ground = { type: 'Polygon', coordinates: [[[1, 0], [1, 1], [0.5, 1], [0.5, 2], [1, 2], [1, 2.5], [1, 3], [0, 3], [0, 0], [1, 0]]] }
    const wall: Ground = { type: 'Polygon', coordinates: [[[1, 0], [2, 0], [2, 3], [1, 3], [1, 2.5], [1, 2], [1, 1], [1, 0]]] }
    expect(sharedBorder(comb, wall)?.coordinates).toEqual([[1, 2], [1, 2.5], [1, 3]])
  })
})

describe('neighbours', () => {
  it('share an edge, not a corner', () => {
    const others = [square(1, 0), square(1, 1), square(0, 1)].map((geometry, id) => ({ id, geometry }))
    expect(neighboursOf(square(0, 0), others).map(({ id }) => id)).toEqual([0, 2])
  })
})

describe('where things stand', () => {
  it('puts a name into the middle of the largest piece', () => {
    const both: Ground = { type: 'MultiPolygon', coordinates: [[[[9, 9], [9.1, 9], [9.1, 9.1], [9, 9]]], [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]] }
    expect(labelPoint(both)).toEqual([1, 1])
  })

  it('frames all of them, and nothing when there is none', () => {
    expect(boundsOf([square(0, 0), square(3, 4)])).toEqual([0, 0, 4, 5])
    expect(boundsOf([])).toBeNull()
  })

  it('knows how wide a pixel is', () => {
    // 40,075,017 m round the equator on one tile of 512 pixels, half of it at 60 degrees.
    expect(pixel_m(0, 0)).toBeCloseTo(40_075_017 / 512, 0)
    expect(pixel_m(60, 1)).toBeCloseTo(40_075_017 / 2048, 0)
  })

  it('moves a place by metres', () => {
    // A degree of latitude is 111,195 m on the sphere; at 60 degrees a degree of longitude is half of it.
    const [lon, lat] = moved([10, 60], 55_597.5, 0)
    expect(lon).toBeCloseTo(11, 4)
    expect(lat).toBe(60)
    expect(moved([10, 60], 0, 111_195)[1]).toBeCloseTo(61, 4)
  })
})

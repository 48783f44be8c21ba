import type { Polygon } from 'geojson'
import { describe, expect, it } from 'vitest'
import { areaLabels, clipRing, middleOf, type Piece } from './areaLabels'

const square = (west: number, south: number, east: number, north: number): Polygon => ({
  type: 'Polygon',
  coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
})
const piece = (id: number, geometry: Polygon): Piece => ({ id, properties: { name: `n${id}` }, geometry })

describe('labels of areas', () => {
  it('finds area and centroid of a ring far from the origin', () => {
    const middle = middleOf(square(108, 34, 108.02, 34.01).coordinates[0]!)
    expect(middle?.area).toBeCloseTo(0.0002, 12)
    expect(middle?.at[0]).toBeCloseTo(108.01, 9)
    expect(middle?.at[1]).toBeCloseTo(34.005, 9)
  })

  it('cuts a ring to the view', () => {
    // The view keeps the right half of a unit square: its centroid lies at 0.75, 0.5 and its area is one half.
    const middle = middleOf(clipRing(square(0, 0, 1, 1).coordinates[0]!, [0.5, -1, 3, 3]))
    expect(middle?.area).toBeCloseTo(0.5, 12)
    expect(middle?.at).toEqual([0.75, 0.5])
  })

  it('labels an area once, on its largest piece in view', () => {
    const pieces = [piece(7, square(0, 0, 2, 2)), piece(7, square(2, 0, 3, 1)), piece(8, square(4, 4, 5, 5))]
    const labels = areaLabels(pieces, [0, 0, 10, 10])
    expect(labels.features.map((label) => label.properties?.name)).toEqual(['n7', 'n8'])
    expect(labels.features[0]?.geometry.coordinates).toEqual([1, 1])
  })

  it('leaves out what is outside or a mere sliver', () => {
    const pieces = [piece(1, square(20, 20, 21, 21)), piece(2, square(-5, 0, 0.001, 1))]
    expect(areaLabels(pieces, [0, 0, 10, 10]).features).toEqual([])
  })
})

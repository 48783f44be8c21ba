import { describe, expect, it } from 'vitest'
import { courseTo, destination, fieldFromEdge, polygonArea_m2, sectorRing } from './sector'

const at = { lon: 108.74, lat: 34.04 }

describe('a sector on the map', () => {
  it('finds back where it came from', () => {
    for (const bearing of [0, 45, 137, 359]) {
      const { bearing_deg, distance_m } = courseTo(at, destination(at, bearing, 80))
      expect(bearing_deg).toBeCloseTo(bearing, 1)
      expect(distance_m).toBeCloseTo(80, 1)
    }
  })

  it('starts and ends at the camera', () => {
    const ring = sectorRing(at, 90, 70, 50)
    expect(ring[0]).toEqual([at.lon, at.lat])
    expect(ring.at(-1)).toEqual(ring[0])
  })

  it('is a ring without corner when the camera looks all around', () => {
    const ring = sectorRing(at, 0, 360, 50)
    expect(ring).not.toContainEqual([at.lon, at.lat])
    expect(ring[0]![0]).toBeCloseTo(ring.at(-1)![0]!, 9)
  })

  it('opens as far as its edge is drawn, over north too', () => {
    expect(fieldFromEdge(90, 125)).toBe(70)
    expect(fieldFromEdge(350, 20)).toBe(60)
    expect(fieldFromEdge(10, 11)).toBe(5)
  })
})

it('a drawn square of 100 m has a hectare', () => {
  const east = (metres: number) => at.lon + metres / (111_320 * Math.cos((at.lat * Math.PI) / 180))
  const north = (metres: number) => at.lat + metres / 111_320
  const ring = [[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]].map(([x, y]) => [east(x!), north(y!)])
  expect(polygonArea_m2({ coordinates: [ring] })).toBeCloseTo(10_000, 0)
})

// One label for each area in view. Tiles cut areas into pieces, and a label per piece would repeat the name at every tile's
// edge; so the label goes to the largest piece that is in view.

import type { Feature, FeatureCollection, Geometry, Point, Position } from 'geojson'

export interface Piece {
  id: number | string
  properties: Record<string, unknown>
  geometry: Geometry
}

/** West, south, east, north in degrees. */
export type Box = [number, number, number, number]

function clipHalf(ring: Position[], axis: 0 | 1, limit: number, keepsBelow: boolean): Position[] {
  const isKept = (p: Position) => (keepsBelow ? p[axis]! <= limit : p[axis]! >= limit)
  const cut: Position[] = []
  ring.forEach((to, i) => {
    const from = ring[(i + ring.length - 1) % ring.length]!
    if (isKept(from) !== isKept(to)) {
      const share = (limit - from[axis]!) / (to[axis]! - from[axis]!)
      cut.push([from[0]! + (to[0]! - from[0]!) * share, from[1]! + (to[1]! - from[1]!) * share])
    }
    if (isKept(to)) cut.push(to)
  })
  return cut
}

/** Sutherland-Hodgman: the part of a ring inside a box. */
export function clipRing(ring: Position[], [west, south, east, north]: Box): Position[] {
  let cut = clipHalf(ring, 0, west, false)
  cut = clipHalf(cut, 0, east, true)
  cut = clipHalf(cut, 1, south, false)
  return clipHalf(cut, 1, north, true)
}

interface Middle {
  area: number
  at: Position
}

/** Area (square degrees) and centroid by the shoelace sum; null for what has no area. */
export function middleOf(ring: Position[]): Middle | null {
  const origin = ring[0]
  if (!origin) return null
  let twice = 0
  let x = 0
  let y = 0
  ring.forEach((b, i) => {
    const a = ring[(i + ring.length - 1) % ring.length]!
    // Relative to the first vertex: degrees near 108 would lose the small differences.
    const [ax, ay, bx, by] = [a[0]! - origin[0]!, a[1]! - origin[1]!, b[0]! - origin[0]!, b[1]! - origin[1]!]
    const cross = ax * by - bx * ay
    twice += cross
    x += (ax + bx) * cross
    y += (ay + by) * cross
  })
  if (Math.abs(twice) < 1e-14) return null
  return { area: Math.abs(twice) / 2, at: [origin[0]! + x / (3 * twice), origin[1]! + y / (3 * twice)] }
}

function outerRings(geometry: Geometry): Position[][] {
  if (geometry.type === 'Polygon') return geometry.coordinates.slice(0, 1)
  return geometry.type === 'MultiPolygon' ? geometry.coordinates.flatMap((rings) => rings.slice(0, 1)) : []
}

/** Label points for the areas in view; an area of which only a sliver shows (under `least` of the box) gets none. */
export function areaLabels(pieces: Piece[], box: Box, least = 0.0004): FeatureCollection<Point> {
  const view = (box[2] - box[0]) * (box[3] - box[1])
  const best = new Map<number | string, Middle & { piece: Piece }>()
  for (const piece of pieces) {
    for (const ring of outerRings(piece.geometry)) {
      const middle = middleOf(clipRing(ring, box))
      if (!middle || middle.area < view * least) continue
      const known = best.get(piece.id)
      if (!known || middle.area > known.area) best.set(piece.id, { ...middle, piece })
    }
  }
  const features = [...best.values()].map(
    ({ piece, at, area }): Feature<Point> => ({
      type: 'Feature',
      properties: { ...piece.properties, share: area / view },
      geometry: { type: 'Point', coordinates: at },
    }),
  )
  return { type: 'FeatureCollection', features }
}

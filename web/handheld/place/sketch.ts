export type Point = [number, number]

export interface SketchLeg {
  coordinates: Point[]
  is_known: boolean
}

const width = 340
const height = 300
const margin = 18
const metresPerDegree = 111_195
const bars_m = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]

/** Legs and outlines drawn to one scale, north up; the frame is that of the track, outlines may leave it. */
export function sketch(legs: SketchLeg[], rings: Point[][]) {
  const points = legs.flatMap((leg) => leg.coordinates)
  const west = Math.min(...points.map(([lon]) => lon))
  const east = Math.max(...points.map(([lon]) => lon))
  const south = Math.min(...points.map(([, lat]) => lat))
  const north = Math.max(...points.map(([, lat]) => lat))
  const shrink = Math.cos(((south + north) / 2) * (Math.PI / 180))
  const wide_m = Math.max((east - west) * metresPerDegree * shrink, 50)
  const tall_m = Math.max((north - south) * metresPerDegree, 50)
  const px_per_m = Math.min((width - 2 * margin) / wide_m, (height - 2 * margin) / tall_m)
  const at = ([lon, lat]: Point): Point => [
    Math.round((width / 2 + (lon - (west + east) / 2) * metresPerDegree * shrink * px_per_m) * 10) / 10,
    Math.round((height / 2 - (lat - (south + north) / 2) * metresPerDegree * px_per_m) * 10) / 10,
  ]
  const path = (line: Point[]) => line.map((point, index) => `${index ? 'L' : 'M'}${at(point).join(' ')}`).join('')
  const last = legs[legs.length - 1]?.coordinates.at(-1)
  const bar_m = bars_m.findLast((m) => m * px_per_m <= width / 3) ?? bars_m[0]!
  return {
    width,
    height,
    legs: legs.map((leg) => ({ d: path(leg.coordinates), isKnown: leg.is_known })),
    rings: rings.map((ring) => `${path(ring)}Z`),
    last: last ? at(last) : null,
    bar: { m: bar_m, px: bar_m * px_per_m },
  }
}

import type { FeatureCollection, LineString } from 'geojson'
import type { TrackLeg } from '@/api/units'

const earth_m = 6_371_008.8
const rad = Math.PI / 180

/** On the sphere: within 0.6 % of the ellipsoid, and a day's way is told to the metre only when short. */
function length_m(line: number[][]): number {
  let sum = 0
  for (let i = 1; i < line.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [line[i - 1] as [number, number], line[i] as [number, number]]
    const [dx, dy] = [(x1 - x0) * rad * Math.cos(((y0 + y1) / 2) * rad), (y1 - y0) * rad]
    sum += Math.hypot(dx, dy) * earth_m
  }
  return sum
}

/** How far a unit is known to have gone, and for how long nobody knows. */
export function trackSums(track: FeatureCollection<LineString, TrackLeg> | null): { known_m: number; gaps: number; gap_s: number } {
  const sums = { known_m: 0, gaps: 0, gap_s: 0 }
  for (const { geometry, properties } of track?.features ?? []) {
    if (properties.is_known) sums.known_m += length_m(geometry.coordinates)
    else {
      sums.gaps += 1
      sums.gap_s += (Date.parse(properties.to) - Date.parse(properties.from)) / 1000
    }
  }
  return sums
}

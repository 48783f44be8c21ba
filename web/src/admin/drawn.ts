// A file's thinned points and lines as the map draws them, and the box to look at.

import type { Feature, FeatureCollection } from 'geojson'

export type Path = [number, number][]
export type Box = [number, number, number, number]

export function featuresOf(paths: Path[]): FeatureCollection {
  const features: Feature[] = paths.map((path) => ({
    type: 'Feature',
    properties: {},
    geometry: path.length === 1 ? { type: 'Point', coordinates: path[0]! } : { type: 'LineString', coordinates: path },
  }))
  return { type: 'FeatureCollection', features }
}

/** The box of nearly all points: a stray one in a hundred does not zoom the rest away. */
export function boxOf(paths: Path[]): Box | null {
  const points = paths.flat()
  if (points.length === 0) return null
  const sorted = (axis: 0 | 1) => points.map((point) => point[axis]).sort((a, b) => a - b)
  const [lons, lats] = [sorted(0), sorted(1)]
  const skipped = Math.floor(points.length / 100)
  const last = points.length - 1 - skipped
  return [lons[skipped]!, lats[skipped]!, lons[last]!, lats[last]!]
}

// Cells of the patrol heat as squares of the map, and the classes they are coloured by.

import type { Feature, FeatureCollection } from 'geojson'
import type { Heat } from '@/api/patrol'

const metresPerDegree = 111_195

/** Squares around the middles given; hours ride along. */
export function heatSquares({ cell_m, lon, lat, hours }: Heat): FeatureCollection {
  const half_lat = cell_m / 2 / metresPerDegree
  const features = lon.map((x, i): Feature => {
    const y = lat[i]!
    const half_lon = half_lat / Math.cos((y * Math.PI) / 180)
    const [west, east, south, north] = [x - half_lon, x + half_lon, y - half_lat, y + half_lat]
    return {
      type: 'Feature', properties: { hours: hours[i]! },
      geometry: { type: 'Polygon', coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] },
    }
  })
  return { type: 'FeatureCollection', features }
}

/** Borders between five classes, by halving: few hours are told apart, many are not. At least one hour apart, rising. */
export function heatBorders(most: number): number[] {
  return [16, 8, 4, 2].map((part, i) => Math.max(i + 2, Math.round(most / part)))
}

// The sector of a camera on the map: its outline and handles from position, azimuth, field and range, and back from a drag.

import type { Position } from 'geojson'
import type { LonLat } from '@/format/coordinates'

const metresPerDegree = 111_320

/** A place so far off along a bearing; flat, which over a camera's range errs by less than a millimetre per metre. */
export function destination({ lon, lat }: LonLat, bearing_deg: number, distance_m: number): LonLat {
  const bearing = (bearing_deg * Math.PI) / 180
  const north = (distance_m * Math.cos(bearing)) / metresPerDegree
  const east = (distance_m * Math.sin(bearing)) / (metresPerDegree * Math.cos((lat * Math.PI) / 180))
  return { lon: lon + east, lat: lat + north }
}

/** Bearing (degrees clockwise from north, 0 to 360) and distance (m) from one place to another. */
export function courseTo(from: LonLat, to: LonLat): { bearing_deg: number; distance_m: number } {
  const north = (to.lat - from.lat) * metresPerDegree
  const east = (to.lon - from.lon) * metresPerDegree * Math.cos((from.lat * Math.PI) / 180)
  const bearing_deg = (Math.atan2(east, north) * 180) / Math.PI
  return { bearing_deg: (bearing_deg + 360) % 360, distance_m: Math.hypot(east, north) }
}

const position = ({ lon, lat }: LonLat): Position => [lon, lat]

/** The closed ring of a sector, an edge point every 3 degrees; a whole circle has no corner at the camera. */
export function sectorRing(at: LonLat, azimuth_deg: number, fov_deg: number, range_m: number): Position[] {
  const count = Math.max(2, Math.ceil(fov_deg / 3))
  const start = azimuth_deg - fov_deg / 2
  const arc = Array.from({ length: count + 1 }, (_, i) => position(destination(at, start + (fov_deg * i) / count, range_m)))
  return fov_deg >= 360 ? arc : [position(at), ...arc, position(at)]
}

/** Field of view (degrees) when an edge of the sector is drawn to a bearing; between 5 and 360. */
export function fieldFromEdge(azimuth_deg: number, edge_deg: number): number {
  const away = Math.abs(((edge_deg - azimuth_deg + 540) % 360) - 180)
  return Math.min(360, Math.max(5, Math.round(away * 2)))
}

/** Area of a polygon in square metres, flat at its own latitude. */
export function polygonArea_m2({ coordinates }: { coordinates: Position[][] }): number {
  const areas = coordinates.map((ring) => {
    const [lon0, lat0] = ring[0]!
    const scale = Math.cos((lat0! * Math.PI) / 180)
    const flat = ring.map(([lon, lat]) => [(lon! - lon0!) * metresPerDegree * scale, (lat! - lat0!) * metresPerDegree] as const)
    const twice = flat.reduce((sum, [x, y], i) => {
      const [u, v] = flat[(i + 1) % flat.length]!
      return sum + x * v - u * y
    }, 0)
    return Math.abs(twice) / 2
  })
  return areas.slice(1).reduce((left, hole) => left - hole, areas[0] ?? 0)
}

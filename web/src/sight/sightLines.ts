// Lines from cameras to the place asked about, cut at the wall that blocks them.

import type { Feature, FeatureCollection, LineString, Point } from 'geojson'
import type { SightCamera } from '@/api/types'
import type { LonLat } from '@/format/coordinates'
import { pointAlong } from '@/format/sightMarks'

const line = (part: string, sight: string, ...ends: [number, number][]): Feature<LineString> => ({
  type: 'Feature',
  properties: { part, sight },
  geometry: { type: 'LineString', coordinates: ends },
})

function linesOf(camera: SightCamera, place: LonLat): Feature<LineString | Point>[] {
  const from: [number, number] = [camera.lon, camera.lat]
  const to: [number, number] = [place.lon, place.lat]
  if (camera.sight === 'certain') return [line('clear', camera.sight, from, to)]
  if (camera.sight === 'possible') return [line('dash', camera.sight, from, to)]
  const blockedAt_m = camera.reason_detail?.blocked_at_m
  if (typeof blockedAt_m !== 'number' || camera.distance_m <= 0) return []
  const wall = pointAlong(from, to, blockedAt_m / camera.distance_m)
  const mark: Feature<Point> = {
    type: 'Feature',
    properties: { part: 'block', bearing_deg: camera.bearing_deg },
    geometry: { type: 'Point', coordinates: wall },
  }
  return [line('clear', 'blocked', from, wall), line('dash', 'blocked', wall, to), mark]
}

/** Every camera that sees or may see, and the nearest few that are blocked: more would hide the map. */
export function sightLines(cameras: SightCamera[], place: LonLat | null, blockedShown = 3): FeatureCollection {
  if (!place) return { type: 'FeatureCollection', features: [] }
  const seeing = cameras.filter((camera) => camera.sight !== 'blocked')
  const blocked = cameras.filter((camera) => camera.sight === 'blocked').slice(0, blockedShown)
  return { type: 'FeatureCollection', features: [...seeing, ...blocked].flatMap((camera) => linesOf(camera, place)) }
}

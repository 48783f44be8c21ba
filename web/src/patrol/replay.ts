// A period played again: where each unit was at a moment. Between two fixes a place is reckoned only while the leg is known;
// in a gap the unit is shown where it was last heard, as unknown, until it is heard again.

import type { Feature, FeatureCollection, Point } from 'geojson'

/** Times are seconds since 1970, rising; `isKnown[i]` says whether the leg from fix i to i + 1 is known. */
export interface ReplayTrack {
  unit_id: number
  name: string
  kind: string
  at_s: number[]
  lon: number[]
  lat: number[]
  isKnown: boolean[]
}

export interface ReplayPlace {
  lon: number
  lat: number
  isKnown: boolean
}

/** The last fix at or before `at_s`, by halving; -1 before the first. */
export function fixBefore(times: number[], at_s: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= at_s) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Null before the first fix and after the last. */
export function placeAt(track: ReplayTrack, at_s: number): ReplayPlace | null {
  const i = fixBefore(track.at_s, at_s)
  if (i < 0) return null
  const [lon, lat] = [track.lon[i]!, track.lat[i]!]
  if (track.at_s[i] === at_s) return { lon, lat, isKnown: true }
  if (i === track.at_s.length - 1) return null
  if (!track.isKnown[i]) return { lon, lat, isKnown: false }
  const part = (at_s - track.at_s[i]!) / (track.at_s[i + 1]! - track.at_s[i]!)
  return { lon: lon + part * (track.lon[i + 1]! - lon), lat: lat + part * (track.lat[i + 1]! - lat), isKnown: true }
}

/** Where all were, as marks of the map. */
export function placesAt(tracks: ReplayTrack[], at_s: number): FeatureCollection<Point> {
  const features: Feature<Point>[] = []
  for (const track of tracks) {
    const place = placeAt(track, at_s)
    if (!place) continue
    features.push({
      type: 'Feature',
      id: track.unit_id,
      properties: { id: track.unit_id, name: track.name, mark: `unit:${track.kind}:${place.isKnown ? 'heard' : 'silent'}:free` },
      geometry: { type: 'Point', coordinates: [place.lon, place.lat] },
    })
  }
  return { type: 'FeatureCollection', features }
}

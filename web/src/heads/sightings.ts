// Landmarks of a head in the making: each is seen once at a position of the head, and lies once on the map.

import type { HeadCalibrationOrder } from '@/api/types'
import type { LonLat } from '@/format/coordinates'

export interface At {
  pan: number
  tilt: number
  zoom: number
}

/** In halves of the picture's width and height from its middle. */
export interface Mark {
  dx: number
  dy: number
}

export interface Sighting {
  id: number
  at: At
  mark: Mark
  /** The still it was marked in; null when the head was driven until it stood in the middle. */
  shot: number | null
  place: LonLat | null
  /** Above the ground at its place. */
  height_m: number
}

export type WholeSighting = Sighting & { place: LonLat }

export const leastSightings = 3

export const isWhole = (sighting: Sighting): sighting is WholeSighting => sighting.place !== null

/** The one that waits for its place on the map; there is never more than one. */
export const pendingOf = (sightings: Sighting[]): Sighting | null => sightings.find((sighting) => !isWhole(sighting)) ?? null

/** A landmark seen: a new one, or the one that waits seen anew. */
export function withSeen(sightings: Sighting[], seen: Pick<Sighting, 'at' | 'mark' | 'shot'>): Sighting[] {
  const pending = pendingOf(sightings)
  if (pending) return sightings.map((sighting) => (sighting === pending ? { ...sighting, ...seen } : sighting))
  const id = Math.max(0, ...sightings.map((sighting) => sighting.id)) + 1
  return [...sightings, { id, ...seen, place: null, height_m: 0 }]
}

/** A click on the map belongs to the landmark that waits; without one it means nothing. */
export const withPlace = (sightings: Sighting[], place: LonLat): Sighting[] => {
  const pending = pendingOf(sightings)
  return pending ? changed(sightings, pending.id, { place }) : sightings
}

export const changed = (sightings: Sighting[], id: number, change: Partial<Sighting>): Sighting[] =>
  sightings.map((sighting) => (sighting.id === id ? { ...sighting, ...change } : sighting))

export const without = (sightings: Sighting[], id: number): Sighting[] => sightings.filter((sighting) => sighting.id !== id)

/** What is asked of the server; null while fewer than three landmarks are whole. */
export function orderOf(sightings: Sighting[], error_m: number): HeadCalibrationOrder | null {
  const whole = sightings.filter(isWhole)
  if (whole.length < leastSightings) return null
  return { sightings: whole.map(({ at, mark, place, height_m }) => ({ ...at, ...mark, lon: place.lon, lat: place.lat, height_m })), error_m }
}

const share = (value: number) => Math.max(-1, Math.min(1, value))

/** A pixel of a still as halves from its middle. */
export const markOf = ({ u, v }: { u: number; v: number }, width_px: number, height_px: number): Mark => ({
  dx: share((u / width_px) * 2 - 1),
  dy: share((v / height_px) * 2 - 1),
})

export const pixelOf = ({ dx, dy }: Mark, width_px: number, height_px: number): { u: number; v: number } => ({
  u: ((dx + 1) / 2) * width_px,
  v: ((dy + 1) / 2) * height_px,
})

export interface LonLat {
  lon: number
  lat: number
}

const earth_m = 6_371_008.8
const rad = Math.PI / 180

/** The distance over ground, on a sphere: good to 0.5 %, which is all a card on a phone needs. */
export function metresBetween(one: LonLat, other: LonLat): number {
  const dLat = (other.lat - one.lat) * rad
  const dLon = (other.lon - one.lon) * rad
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(one.lat * rad) * Math.cos(other.lat * rad) * Math.sin(dLon / 2) ** 2
  return 2 * earth_m * Math.asin(Math.min(1, Math.sqrt(h)))
}

const sides = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const

/** On which of eight sides the other place lies. */
export function sideOf(one: LonLat, other: LonLat): (typeof sides)[number] {
  const east = (other.lon - one.lon) * Math.cos(one.lat * rad)
  const turn = Math.atan2(east, other.lat - one.lat) / (Math.PI / 4)
  return sides[(Math.round(turn) + 8) % 8]!
}

/** Whether a position says something new: the unit has moved, or stayed long enough to say so. */
export function isWorthKeeping(last: (LonLat & { at: string }) | null, now: LonLat & { at: string }, rule: { least_m: number; every_s: number }): boolean {
  if (last === null) return true
  const after_s = (Date.parse(now.at) - Date.parse(last.at)) / 1000
  if (after_s <= 0) return false
  return after_s >= rule.every_s || metresBetween(last, now) >= rule.least_m
}

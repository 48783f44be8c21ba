// Geometry of outlines as drawn: who touches whom, the border two share, where a name stands. Lon/lat throughout; the server
// does the cutting, so nothing here decides about ground.

import type { LineString, Position } from 'geojson'
import type { Ground } from '@/api/grids'

export const ringsOf = (ground: Ground): Position[][] =>
  ground.type === 'Polygon' ? ground.coordinates : ground.coordinates.flat()

const nameOf = ([lon, lat]: Position) => `${lon},${lat}`

function* edgesOf(ground: Ground): Generator<[Position, Position]> {
  for (const ring of ringsOf(ground)) for (let i = 1; i < ring.length; i++) yield [ring[i - 1]!, ring[i]!]
}

const undirected = ([a, b]: [Position, Position]) => [nameOf(a), nameOf(b)].sort().join(' ')

/** Chains of edges as lines, the longest (by vertices) first. */
function chained(edges: [Position, Position][]): Position[][] {
  const next = new Map(edges.map((edge) => [nameOf(edge[0]), edge]))
  const hasBefore = new Set(edges.map(([, end]) => nameOf(end)))
  const lines: Position[][] = []
  const walk = (start: [Position, Position]) => {
    const line = [start[0]]
    let edge: [Position, Position] | undefined = start
    while (edge) {
      next.delete(nameOf(edge[0]))
      line.push(edge[1])
      edge = next.get(nameOf(edge[1]))
    }
    lines.push(line)
  }
  for (const edge of edges) if (!hasBefore.has(nameOf(edge[0])) && next.has(nameOf(edge[0]))) walk(edge)
  for (const edge of edges) if (next.has(nameOf(edge[0]))) walk(edge)
  return lines.sort((a, b) => b.length - a.length)
}

/** The border two grids share, by their common edges; null when they share none. Of several pieces the longest. */
export function sharedBorder(first: Ground, second: Ground): LineString | null {
  const theirs = new Set([...edgesOf(second)].map(undirected))
  const common = [...edgesOf(first)].filter((edge) => theirs.has(undirected(edge)))
  const longest = chained(common)[0]
  return longest ? { type: 'LineString', coordinates: longest } : null
}

/** Which of the others share an edge with this one. */
export function neighboursOf<T extends { geometry: Ground }>(ground: Ground, others: readonly T[]): T[] {
  const mine = new Set([...edgesOf(ground)].map(undirected))
  return others.filter(({ geometry }) => [...edgesOf(geometry)].some((edge) => mine.has(undirected(edge))))
}

function area2(ring: Position[]): number {
  let sum = 0
  for (let i = 1; i < ring.length; i++) sum += ring[i - 1]![0]! * ring[i]![1]! - ring[i]![0]! * ring[i - 1]![1]!
  return sum
}

function centroid(ring: Position[]): Position {
  // About its first corner: coordinates of degrees would lose the small differences.
  const [lon0, lat0] = ring[0]! as [number, number]
  const local = ring.map(([lon, lat]) => [lon! - lon0, lat! - lat0])
  let [x, y, sum] = [0, 0, 0]
  for (let i = 1; i < local.length; i++) {
    const cross = local[i - 1]![0]! * local[i]![1]! - local[i]![0]! * local[i - 1]![1]!
    sum += cross
    x += (local[i - 1]![0]! + local[i]![0]!) * cross
    y += (local[i - 1]![1]! + local[i]![1]!) * cross
  }
  return sum === 0 ? [lon0, lat0] : [lon0 + x / (3 * sum), lat0 + y / (3 * sum)]
}

/** Where a grid's name stands: the middle of its largest piece. */
export function labelPoint(ground: Ground): Position {
  const outer = ground.type === 'Polygon' ? [ground.coordinates[0]!] : ground.coordinates.map((polygon) => polygon[0]!)
  const largest = outer.reduce((best, ring) => (Math.abs(area2(ring)) > Math.abs(area2(best)) ? ring : best))
  return centroid(largest)
}

export type Bounds = [west: number, south: number, east: number, north: number]

export function boundsOf(grounds: readonly Ground[]): Bounds | null {
  const spots = grounds.flatMap((ground) => ringsOf(ground).flat())
  if (spots.length === 0) return null
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon, lat] of spots as [number, number][]) {
    bounds[0] = Math.min(bounds[0], lon)
    bounds[1] = Math.min(bounds[1], lat)
    bounds[2] = Math.max(bounds[2], lon)
    bounds[3] = Math.max(bounds[3], lat)
  }
  return bounds
}

const radius_m = 6371008.8

/** A place moved by metres east and north. */
export function moved([lon, lat]: Position, east_m: number, north_m: number): Position {
  const up = (north_m / radius_m) * (180 / Math.PI)
  const right = (east_m / (radius_m * Math.cos((lat! * Math.PI) / 180))) * (180 / Math.PI)
  return [lon! + right, lat! + up]
}

/** How wide a pixel of the map is at a zoom. */
export const pixel_m = (lat: number, zoom: number): number => (2 * Math.PI * 6378137 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom)

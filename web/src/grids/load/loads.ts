// How heavy a grid is: the weighted mean of what is known of it, each amount by the mean of its set. 1 is an average grid.
// The same sum as the server's (gis/gridload.py), so that moving a weight is answered at once.

import type { Measure, Weights, WorkloadRow } from '@/api/grids'

export const measures: readonly Measure[] = ['households', 'buildings', 'places', 'incidents', 'road_m']

/** From which multiple of the median a grid is too heavy. */
export const heavyFrom = 1.5

export function loadOf(relative: WorkloadRow['relative'], weights: Weights): number | null {
  let [sum, total] = [0, 0]
  for (const name of measures) {
    const amount = relative[name]
    if (amount === null) continue
    sum += weights[name] * amount
    total += weights[name]
  }
  return total > 0 ? sum / total : null
}

export function medianOf(loads: readonly (number | null)[]): number | null {
  const known = loads.filter((load): load is number => load !== null).sort((a, b) => a - b)
  if (known.length === 0) return null
  const middle = known.length / 2
  return known.length % 2 === 1 ? known[Math.floor(middle)]! : (known[middle - 1]! + known[middle]!) / 2
}

export interface Loaded {
  row: WorkloadRow
  load: number | null
  isHeavy: boolean
}

/** The grids, the heaviest first; those of which nothing is known come last. */
export function ranked(rows: readonly WorkloadRow[], weights: Weights): { grids: Loaded[]; median: number | null } {
  const loads = rows.map((row) => loadOf(row.relative, weights))
  // Where most grids have nothing at all, those that have something are held against each other.
  const median = medianOf(loads) || medianOf(loads.map((load) => load || null))
  const grids = rows.map((row, i) => ({ row, load: loads[i]!, isHeavy: median !== null && median > 0 && loads[i] !== null && loads[i]! > heavyFrom * median }))
  return { grids: grids.sort((a, b) => (b.load ?? -1) - (a.load ?? -1) || a.row.code.localeCompare(b.row.code)), median }
}

/** Borders of the five classes on the map, as multiples of the median. */
export const bordersOf = (median: number | null): number[] => (median ? [0.5, 1, heavyFrom, 2].map((times) => times * median) : [])

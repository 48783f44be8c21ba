import type { GridFeature, Ground } from '@/api/grids'
import type { GridDetail } from '@/api/types'

/** What a change set draws: grids that end (their own outlines, or ids of those standing) and grids that begin. */
export interface Difference {
  before: GridFeature[]
  after: GridFeature[]
  endedIds: number[]
}

export function featureOf(grid: GridDetail): GridFeature {
  const { id, code, name, kind, division, households, area_m2 } = grid
  return {
    type: 'Feature', id, geometry: grid.geometry as unknown as Ground,
    properties: { code, name, kind, division, households, area_m2 },
  }
}

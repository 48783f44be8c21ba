import { describe, expect, it } from 'vitest'
import type { GridFigures } from '@/api/patrol'
import { byNeed, statesAsTones } from './tones'

const grid = (grid_id: number, more: Partial<GridFigures>): GridFigures => ({
  grid_id, code: `${grid_id}`, name: '', division_code: '', division_name: '', visited_share: 0, likely_share: 0, unknown_share: 0, road_visited_share: 0, road_likely_share: 0,
  road_unknown_share: 0, set_name: 'basic', valid_from: '2026-01-01', valid_to: null, cells_m2: null, road_m: null, visits: 0, likely_visits: 0, units: 0, dwell_s: 0, last_visit_at: null, state: null, ...more,
})

describe('grids by need', () => {
  it('come broken before due before unknown before kept; of equals the longest unvisited first', () => {
    const rows = [
      grid(1, { state: 'met' }), grid(2, { state: 'unknown' }), grid(3, { state: 'not_met', last_visit_at: '2026-03-05T02:00:00Z' }), grid(4, { state: 'due' }),
      grid(5, { state: 'not_met', last_visit_at: '2026-03-05T01:00:00Z' }), grid(6, {}),
    ]
    expect(rows.sort(byNeed).map(({ grid_id }) => grid_id)).toEqual([5, 3, 4, 2, 1, 6])
  })

  it('are filled by their state; without a requirement, or while its time runs, they stay empty', () => {
    const tones = statesAsTones([grid(1, { state: 'met' }), grid(2, { state: 'unknown' }), grid(3, { state: 'open' }), grid(4, {})])
    expect([...tones]).toEqual([[1, 'good'], [2, 'unknown']])
  })
})

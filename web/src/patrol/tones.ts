// How a state of a requirement, a colour of the eyes-on clock or a share is drawn on the map.

import type { EyesOn } from '@/api/eyeson'
import type { GridFigures, RequirementState } from '@/api/patrol'
import type { Tone } from '@/map/layers/ToneFillLayer.vue'

export const toneOfState: Record<RequirementState, Tone | null> = { met: 'good', not_met: 'bad', due: 'soon', unknown: 'unknown', open: null }

const toneOfColour: Record<EyesOn['colour'], Tone> = { none: 'good', blue: 'notice', yellow: 'soon', red: 'bad' }

/** Where nothing is due, and nobody can say whether a camera sees it, it is unknown; without a deadline it stays empty. */
export function toneOfClock({ colour, deadline_s, view }: EyesOn): Tone | null {
  if (deadline_s === null) return null
  return colour === 'none' && view === 'unknown' ? 'unknown' : toneOfColour[colour]
}

export function statesAsTones(rows: GridFigures[]): Map<number, Tone> {
  return new Map(rows.flatMap(({ grid_id, state }): [number, Tone][] => {
    const tone = state && toneOfState[state]
    return tone ? [[grid_id, tone]] : []
  }))
}

/** Worst first: what is broken, what soon will be, what nobody knows. */
const rank: Record<RequirementState, number> = { not_met: 0, due: 1, unknown: 2, open: 3, met: 4 }
export const byNeed = (a: GridFigures, b: GridFigures) =>
  (a.state ? rank[a.state] : 5) - (b.state ? rank[b.state] : 5) || (a.last_visit_at ?? '').localeCompare(b.last_visit_at ?? '') || a.code.localeCompare(b.code)

// Stops of a tour in the making: presets one after the other, each for its seconds.

import type { PtzTour, PtzTourNew } from '@/api/types'

export type Stop = PtzTour['stops'][number]

export interface DraftTour {
  /** Null: not kept yet. */
  id: number | null
  name: string
  stops: Stop[]
}

export const usualDwell_s = 20

export const draftOf = (tour: PtzTour): DraftTour => ({ id: tour.id, name: tour.name, stops: tour.stops.map((stop) => ({ ...stop })) })

/** One place up or down; at the ends it stays. */
export function moved(stops: Stop[], at: number, by: -1 | 1): Stop[] {
  const to = at + by
  if (to < 0 || to >= stops.length) return stops
  const list = [...stops]
  ;[list[at], list[to]] = [list[to]!, list[at]!]
  return list
}

export const isSound = ({ name, stops }: DraftTour): boolean =>
  name.trim() !== '' && stops.length >= 2 && stops.length <= 32 && stops.every(({ dwell_s }) => Number.isInteger(dwell_s) && dwell_s! >= 5 && dwell_s! <= 3600)

export const orderOf = ({ name, stops }: DraftTour): PtzTourNew => ({ name: name.trim(), stops })

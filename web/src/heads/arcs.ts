// Masked sectors as arcs: two edges clockwise from one to the other, as the map's handles turn and widen them.

import type { PtzMaskNew } from '@/api/types'

const round = (value: number) => (Math.round(value * 2) / 2) % 360
const positive = (value: number) => ((value % 360) + 360) % 360

/** Degrees from the left edge clockwise to the right one; equal edges are a whole turn. */
export const widthOf = ({ from_deg, to_deg }: Pick<PtzMaskNew, 'from_deg' | 'to_deg'>): number => positive(to_deg - from_deg) || 360

export const middleOf = (mask: Pick<PtzMaskNew, 'from_deg' | 'to_deg'>): number => positive(mask.from_deg + widthOf(mask) / 2)

/** The same width about another middle. */
export const turnedTo = <M extends PtzMaskNew>(mask: M, middle_deg: number): M => arcOf(mask, middle_deg, widthOf(mask))

/** The same middle with another width. */
export const widenedTo = <M extends PtzMaskNew>(mask: M, width_deg: number): M => arcOf(mask, middleOf(mask), width_deg)

function arcOf<M extends PtzMaskNew>(mask: M, middle_deg: number, width_deg: number): M {
  return { ...mask, from_deg: round(positive(middle_deg - width_deg / 2)), to_deg: round(positive(middle_deg + width_deg / 2)) }
}

/** A sector to begin with: thirty degrees where the head looks now. */
export const draftAt = (azimuth_deg: number, name: string): PtzMaskNew =>
  arcOf({ name, from_deg: 0, to_deg: 0, top_deg: -90, bottom_deg: 90 }, azimuth_deg, 30)

export const isSound = ({ name, from_deg, to_deg, top_deg, bottom_deg }: PtzMaskNew): boolean =>
  name.trim() !== '' && [from_deg, to_deg].every((value) => value >= 0 && value < 360)
  && [top_deg, bottom_deg].every((value) => value !== undefined && value >= -90 && value <= 90) && top_deg! < bottom_deg!

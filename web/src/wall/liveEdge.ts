// Keeping a live picture near its live edge. Figures measured on this relay: target 80 ms, gentle speed-up, a seek only
// beyond 450 ms and never during another seek into the same range (seeking while seeking never lands).

export interface Playhead {
  time_s: number
  isSeeking: boolean
  /** Buffered ranges, start and end in seconds, ascending. */
  ranges: [number, number][]
  /** Where groups of pictures begin, ascending; only there may the buffer be cut. */
  keyStarts_s: number[]
}

export interface Correction {
  rate: number
  seekTo_s: number | null
  /** Everything before this time may be removed from the buffer. */
  trimBefore_s: number | null
}

export const target_s = 0.08
const ease_s = 0.16
const hurry_s = 0.3
const jump_s = 0.45
/** By which an element may tell a time it was sent to otherwise. */
const rounding_s = 0.05
const keep_s = 8
/** Removing little and often makes the source buffer busy; wait until it is worth it. */
const trimSlack_s = 4

export function correctionFor({ time_s, isSeeking, ranges, keyStarts_s }: Playhead): Correction {
  const last = ranges.at(-1)
  if (!last) return { rate: 1, seekTo_s: null, trimBefore_s: null }
  const [start_s, end_s] = last
  const trimBefore_s = trimPoint({ first_s: ranges[0]![0], end_s, time_s, keyStarts_s })
  // A seek into ground before a gap may wait for pictures that never come; only one into what still grows will land.
  if (isSeeking && time_s > start_s - rounding_s) return { rate: 1, seekTo_s: null, trimBefore_s }
  const lag_s = end_s - time_s
  const isOutside = time_s < start_s || time_s > end_s + 0.5
  if (isOutside || lag_s > jump_s) {
    return { rate: 1, seekTo_s: Math.max(start_s, end_s - target_s), trimBefore_s }
  }
  return { rate: rateFor(lag_s), seekTo_s: null, trimBefore_s }
}

function rateFor(lag_s: number): number {
  if (lag_s > hurry_s) return 1.15
  if (lag_s > ease_s) return 1.04
  return 1
}

interface Span {
  first_s: number
  end_s: number
  time_s: number
  keyStarts_s: number[]
}

/**
 * Removing up to a time also removes everything that depends on what was removed, that is up to the next key frame. With a
 * group of pictures longer than the buffer that would be the picture being shown, so the cut is made at a key frame passed.
 */
function trimPoint({ first_s, end_s, time_s, keyStarts_s }: Span): number | null {
  if (end_s - first_s <= keep_s + trimSlack_s) return null
  const passed = keyStarts_s.filter((start_s) => start_s > first_s && start_s <= time_s - 0.5)
  const cut_s = passed.findLast((start_s) => start_s <= end_s - keep_s) ?? passed.at(0)
  return cut_s ?? null
}

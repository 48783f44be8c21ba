// When a tour turns its page. Counted from the last turn, so that a tab that slept turns once and not a hundred times.

export interface TourClock {
  dwell_s: number
  /** performance.now() when the present page came up. */
  turnedAt_ms: number
  /** What was left of the dwell when somebody paused it; null while it runs. */
  pausedLeft_ms: number | null
}

/** So long before a turn the next page's cameras are asked for, that their pictures stand when it comes. */
export const warm_ms = 3000

export const begun = (dwell_s: number, now_ms: number): TourClock => ({ dwell_s, turnedAt_ms: now_ms, pausedLeft_ms: null })

export function left_ms(clock: TourClock, now_ms: number): number {
  return clock.pausedLeft_ms ?? Math.max(0, clock.turnedAt_ms + clock.dwell_s * 1000 - now_ms)
}

export const isDue = (clock: TourClock, now_ms: number) => clock.pausedLeft_ms === null && left_ms(clock, now_ms) === 0

export const shouldWarm = (clock: TourClock, now_ms: number) => clock.pausedLeft_ms === null && left_ms(clock, now_ms) <= warm_ms

/** A page came up, by the clock or by hand: its dwell begins; a paused tour stays paused with a whole dwell left. */
export function turnedPage(clock: TourClock, now_ms: number): TourClock {
  return { ...clock, turnedAt_ms: now_ms, pausedLeft_ms: clock.pausedLeft_ms === null ? null : clock.dwell_s * 1000 }
}

export function paused(clock: TourClock, now_ms: number): TourClock {
  return { ...clock, pausedLeft_ms: left_ms(clock, now_ms) }
}

export function resumed(clock: TourClock, now_ms: number): TourClock {
  if (clock.pausedLeft_ms === null) return clock
  return { ...clock, turnedAt_ms: now_ms - (clock.dwell_s * 1000 - clock.pausedLeft_ms), pausedLeft_ms: null }
}

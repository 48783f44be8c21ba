import type { Sight } from '@/api/types'

/** Point on the straight line from one place towards another; metres of a ground distance become a share of that line. */
export function pointAlong(
  from: [number, number],
  to: [number, number],
  share: number,
): [number, number] {
  const bounded = Math.min(1, Math.max(0, share))
  return [from[0] + (to[0] - from[0]) * bounded, from[1] + (to[1] - from[1]) * bounded]
}

export const sightOrder: Record<Sight, number> = { certain: 0, possible: 1, blocked: 2 }

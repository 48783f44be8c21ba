import type { Change } from '@/api/planning'
import { courseTo } from '../sector'

/** What was changed, in figures: "12 m · 90° → 135° · 6 m"; empty when nothing was. */
export function changeText(change: Change, before: Change | undefined): string {
  if (!before) return `${Math.round(change.azimuth_deg)}° · ${Math.round(change.fov_deg)}° · ${change.height_m} m`
  const { distance_m } = courseTo(before, change)
  const turn = (was: number | null, is: number | null, unit: string) => (was === is ? '' : `${was ?? '–'} → ${is ?? '–'}${unit}`)
  return [
    distance_m >= 0.05 ? `${distance_m < 10 ? distance_m.toFixed(1) : Math.round(distance_m)} m` : '',
    turn(before.azimuth_deg, change.azimuth_deg, '°'),
    turn(before.fov_deg, change.fov_deg, '°'),
    turn(before.height_m, change.height_m, ' m'),
    turn(before.range_m, change.range_m, ' m'),
    turn(before.tilt_deg, change.tilt_deg, '°'),
    turn(before.width_px, change.width_px, ' px'),
  ].filter(Boolean).join(' · ')
}

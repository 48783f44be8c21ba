// The quick way: a direction set by eye on the map, with the error its author states.

import type { Pose } from '@/api/types'

export interface Turn {
  azimuth_deg: number
  fov_deg: number
  error_deg: number
}

/** What the eye gets right without landmarks. */
export const byEye_deg = 5
const usualField_deg = 60

export const turnOf = (pose: Pose): Turn => ({
  azimuth_deg: pose.azimuth_deg ?? 0,
  fov_deg: pose.fov_deg ?? usualField_deg,
  error_deg: byEye_deg,
})

/** The poses to store: the turned sensor with its error; a field that was not touched keeps what was known of it. */
export function turned(poses: Pose[], sensor_no: number, turn: Turn): Pose[] {
  return poses.map((pose) => {
    if (pose.sensor_no !== sensor_no) return pose
    const isWidened = turn.fov_deg !== pose.fov_deg
    const field = isWidened ? { fov_deg: turn.fov_deg, fov_error_deg: turn.error_deg } : {}
    return { ...pose, ...field, azimuth_deg: turn.azimuth_deg % 360, azimuth_error_deg: turn.error_deg, source: 'drawn' as const }
  })
}

// Landmarks in the making: each is marked once in the picture and once on the map, in either order, one at a time.

import type { CalibrationOrder, MarkedLandmark } from '@/api/calibration'
import type { LonLat } from '@/format/coordinates'

export interface Mark {
  u: number
  v: number
}

export interface Landmark {
  id: number
  mark: Mark | null
  place: LonLat | null
  /** Above the ground at its place. */
  height_m: number
}

export type WholeLandmark = Landmark & { mark: Mark; place: LonLat }

export const leastLandmarks = 4

export const isWhole = (landmark: Landmark): landmark is WholeLandmark => landmark.mark !== null && landmark.place !== null

/** The one that waits for its other half; there is never more than one, and it is the last. */
export const pendingOf = (landmarks: Landmark[]): Landmark | null => landmarks.find((landmark) => !isWhole(landmark)) ?? null

const nextId = (landmarks: Landmark[]) => Math.max(0, ...landmarks.map(({ id }) => id)) + 1

function withHalf(landmarks: Landmark[], half: Partial<Landmark>): Landmark[] {
  const pending = pendingOf(landmarks)
  if (pending) return landmarks.map((landmark) => (landmark === pending ? { ...landmark, ...half } : landmark))
  return [...landmarks, { id: nextId(landmarks), mark: null, place: null, height_m: 0, ...half }]
}

/** A click into the picture: the missing half, the waiting mark moved, or a new landmark. */
export const withMark = (landmarks: Landmark[], mark: Mark): Landmark[] => withHalf(landmarks, { mark })

export const withPlace = (landmarks: Landmark[], place: LonLat): Landmark[] => withHalf(landmarks, { place })

export const changed = (landmarks: Landmark[], id: number, change: Partial<Landmark>): Landmark[] =>
  landmarks.map((landmark) => (landmark.id === id ? { ...landmark, ...change } : landmark))

export const without = (landmarks: Landmark[], id: number): Landmark[] => landmarks.filter((landmark) => landmark.id !== id)

export type Accuracy = Pick<CalibrationOrder, 'place_error_m' | 'height_error_m' | 'landmark_error_m'> & { camera_height_m: number | null }

export interface Snapshot {
  url: string
  width_px: number
  height_px: number
  takenAt: string
}

/** What is asked of the server; null while fewer than four landmarks are whole. */
export function orderOf(landmarks: Landmark[], picture: Snapshot | null, sensor_no: number, accuracy: Accuracy): CalibrationOrder | null {
  const whole = landmarks.filter(isWhole)
  if (!picture || whole.length < leastLandmarks) return null
  const marked: MarkedLandmark[] = whole.map(({ mark, place, height_m }) => ({ ...mark, ...place, height_m }))
  return { sensor_no, width_px: picture.width_px, height_px: picture.height_px, landmarks: marked, ...accuracy }
}

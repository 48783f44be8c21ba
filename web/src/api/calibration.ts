import type { FeatureCollection, Geometry } from 'geojson'
import { call, fetchRaw } from './client'
import type { components } from './schema'
import type { Camera, Pose, StreamTicket } from './types'

type Schema = components['schemas']

export type CalibrationOrder = Schema['CalibrationOrder']
export type MarkedLandmark = Schema['LandmarkShape']
export interface ViewProperties {
  sight: 'certain' | 'possible'
  area_m2: number
}
export type Calibration = Omit<Schema['CalibrationAnswer'], 'view'> & { view: FeatureCollection<Geometry, ViewProperties> }

export const calibrate = (cameraId: number, order: CalibrationOrder, signal?: AbortSignal) =>
  call<Calibration>(`/cameras/${cameraId}/calibration`, { method: 'POST', body: order, signal })

/** The same pose is computed again by the server and stored; nothing the browser worked out is taken over. */
export const applyCalibration = (cameraId: number, order: CalibrationOrder) =>
  call<Camera>(`/cameras/${cameraId}/calibration`, { method: 'PUT', body: order })

export const setPoses = (cameraId: number, poses: Pose[], height_m?: number | null) =>
  call<Camera>(`/cameras/${cameraId}`, { method: 'PATCH', body: height_m === undefined ? { poses } : { poses, height_m } })

export const openCalibrationStream = (cameraId: number) =>
  call<StreamTicket>(`/cameras/${cameraId}/calibration/stream`, { method: 'POST' })

/** A still and when it was taken; the server enters it in the register with the purpose "calibration". */
export async function takeCalibrationSnapshot(cameraId: number): Promise<{ picture: Blob; takenAt: string }> {
  const response = await fetchRaw(`/cameras/${cameraId}/calibration/snapshot`, { method: 'POST' })
  return { picture: await response.blob(), takenAt: response.headers.get('X-Taken-At') ?? '' }
}

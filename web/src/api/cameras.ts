import type { FeatureCollection, Geometry } from 'geojson'
import { call, fetchRaw } from './client'
import type { Camera, CameraRow, DeviceProfile } from './types'

export interface ViewshedProperties {
  sensor_no: number
  sight: 'certain' | 'possible'
  area_m2: number
  computed_at: string
  status: 'fresh' | 'stale'
}

export interface CameraQuery {
  q?: string
  alive?: string
  limit?: number
  after?: string | number | null
}

export interface DeviceAddress {
  address: string
  username: string
  password: string
}

export interface ProbeAnswer {
  information?: Record<string, unknown>
  profiles?: DeviceProfile[]
  [field: string]: unknown
}

export const fetchCameras = (query: CameraQuery) =>
  call<{ cameras: CameraRow[]; next: string | number | null }>('/cameras', { query: { ...query } })

export const fetchCamera = (id: number) => call<Camera>(`/cameras/${id}`)

export const fetchViewshed = (id: number) =>
  call<FeatureCollection<Geometry, ViewshedProperties>>(`/cameras/${id}/viewshed`)

export const probeDevice = (device: DeviceAddress) =>
  call<ProbeAnswer>('/cameras/probe', { method: 'POST', body: device })

export const enrolCamera = (id: number, device: DeviceAddress) =>
  call<unknown>(`/cameras/${id}/enrol`, { method: 'POST', body: device })

export async function takeSnapshot(id: number, purpose: string, incidentId: number | null): Promise<Blob> {
  const body = incidentId === null ? { purpose } : { purpose, incident_id: incidentId }
  const response = await fetchRaw(`/cameras/${id}/snapshot`, { method: 'POST', body })
  return response.blob()
}

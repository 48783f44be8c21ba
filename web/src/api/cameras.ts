import type { FeatureCollection, Geometry } from 'geojson'
import { call, fetchRaw } from './client'
import type { Camera, CameraPage, Device, DeviceOrder } from './types'

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
  after?: number | null
}

export const fetchCameras = (query: CameraQuery) =>
  call<CameraPage>('/cameras', { query: { ...query } })

export const fetchCamera = (id: number) => call<Camera>(`/cameras/${id}`)

export const fetchViewshed = (id: number) =>
  call<FeatureCollection<Geometry, ViewshedProperties>>(`/cameras/${id}/viewshed`)

export const probeDevice = (device: DeviceOrder) =>
  call<Device>('/cameras/probe', { method: 'POST', body: device })

export const enrolCamera = (id: number, device: DeviceOrder) =>
  call<Device>(`/cameras/${id}/enrol`, { method: 'POST', body: device })

export async function takeSnapshot(id: number, purpose: string, incidentId: number | null): Promise<Blob> {
  const body = incidentId === null ? { purpose } : { purpose, incident_id: incidentId }
  const response = await fetchRaw(`/cameras/${id}/snapshot`, { method: 'POST', body })
  return response.blob()
}

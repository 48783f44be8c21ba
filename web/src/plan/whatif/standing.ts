import type { FeatureCollection } from 'geojson'
import { fetchCamera, fetchViewshed } from '@/api/cameras'
import type { Change, Scenario } from '@/api/planning'

/** What a camera is taken for where nothing is stated, and what a new one starts as. */
export const usual = { height_m: 6, fov_deg: 65, range_m: 60, tilt_deg: null, width_px: 1920, azimuth_deg: 0 }

/** A camera as it stands today: what a change of it is compared with. */
export interface Today {
  name: string
  change: Change
  view: FeatureCollection | null
}

export const keyOf = (cameraId: number) => `camera-${cameraId}`

export async function standing(id: number): Promise<Today> {
  const [camera, view] = await Promise.all([fetchCamera(id), fetchViewshed(id).catch(() => null)])
  const pose = camera.poses[0]
  const change: Change = {
    op: 'move', camera_id: id, key: keyOf(id), lon: camera.lon, lat: camera.lat,
    height_m: camera.height_m ?? usual.height_m, azimuth_deg: pose?.azimuth_deg ?? usual.azimuth_deg,
    fov_deg: pose?.fov_deg ?? usual.fov_deg, range_m: pose?.range_m ?? usual.range_m, tilt_deg: pose?.tilt_deg ?? null,
    width_px: camera.device.profiles[0]?.width ?? usual.width_px,
  }
  return { name: camera.name, change, view }
}

/** A saved change with what it left out filled in: from today, or for a new camera with the usual. */
export function whole(change: Scenario['changes'][number], i: number, today: Today | null): Change {
  const stated = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null))
  const base = today?.change ?? { ...usual, key: `new-${i + 1}`, lon: 0, lat: 0 }
  return { ...base, ...stated, op: change.op, key: today?.change.key ?? change.key ?? `new-${i + 1}` }
}

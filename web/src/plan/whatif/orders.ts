import type { Feature, FeatureCollection, Geometry } from 'geojson'
import type { Change, ChangeOrder } from '@/api/planning'

const figures = ['height_m', 'azimuth_deg', 'fov_deg', 'range_m', 'tilt_deg', 'width_px'] as const

/** Of a moved camera only what differs from today: a stated azimuth, sent again, would pass for a surveyed one. */
export function orderOf(change: Change, before: Change | undefined): ChangeOrder {
  if (change.op === 'add' || !before) return change
  const { op, key, camera_id, lon, lat } = change
  if (op === 'remove') return { op, key, camera_id }
  const differing = figures.filter((name) => change[name] !== before[name])
  const moved = lon !== before.lon || lat !== before.lat ? { lon, lat } : {}
  return { op, key, camera_id, ...moved, ...Object.fromEntries(differing.map((name) => [name, change[name]])) }
}

/** A camera that was only looked at changes nothing. */
export const isIdle = (order: ChangeOrder) => order.op === 'move' && Object.keys(order).length === 3

/** The geometries within whatever the server wrapped them in. */
export function geometriesOf(thing: Geometry | Feature | FeatureCollection | null): Geometry[] {
  if (!thing) return []
  if (thing.type === 'FeatureCollection') return thing.features.map(({ geometry }) => geometry)
  return thing.type === 'Feature' ? [thing.geometry] : [thing]
}

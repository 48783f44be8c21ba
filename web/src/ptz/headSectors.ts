// Sectors of heads as map features: where each looks now, and the presets of the camera chosen.

import type { Feature, FeatureCollection } from 'geojson'
import type { HeadView } from '@/api/types'
import { destination, sectorRing } from '@/plan/sector'

/** A long zoom reaches for kilometres; its sector is drawn no longer than this, or it would cross the whole map. */
const longest_m = 400

function featuresOf(view: HeadView): Feature[] {
  const reach_m = Math.min(view.reach_m, longest_m)
  const properties = { kind: view.kind, camera_id: view.camera_id, name: view.name }
  const ring = sectorRing(view, view.azimuth_deg, view.fov_deg, reach_m)
  const sector: Feature = { type: 'Feature', properties: { ...properties, part: 'sector' }, geometry: { type: 'Polygon', coordinates: [ring] } }
  if (view.kind === 'now') return [sector]
  const { lon, lat } = destination(view, view.azimuth_deg, reach_m * 0.8)
  return [sector, { type: 'Feature', properties: { ...properties, part: 'label' }, geometry: { type: 'Point', coordinates: [lon, lat] } }]
}

export function headSectors(views: HeadView[], chosenCamera: number | null): FeatureCollection {
  const shown = views.filter((view) => view.kind === 'now' || view.camera_id === chosenCamera)
  return { type: 'FeatureCollection', features: shown.flatMap(featuresOf) }
}

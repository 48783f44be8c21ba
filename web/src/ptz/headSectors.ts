// Sectors of heads as map features: where each looks now, and the presets of the camera chosen.

import type { Feature, FeatureCollection } from 'geojson'
import type { HeadTour, HeadView } from '@/api/types'
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

/** A tour is drawn as the line from preset to preset, halfway out, closed as it is gone. */
function tourOf({ name, azimuths_deg, is_running }: HeadTour, at: HeadView): Feature[] {
  const points = azimuths_deg.map((azimuth_deg) => destination(at, azimuth_deg, longest_m / 8))
  const line = [...points, points[0]!].map(({ lon, lat }) => [lon, lat])
  const properties = { kind: 'tour', camera_id: at.camera_id, name, isRunning: is_running }
  const middle = points[Math.floor(points.length / 2)]!
  return [
    { type: 'Feature', properties: { ...properties, part: 'tour' }, geometry: { type: 'LineString', coordinates: line } },
    { type: 'Feature', properties: { ...properties, part: 'tour-label' }, geometry: { type: 'Point', coordinates: [middle.lon, middle.lat] } },
  ]
}

export function headSectors(views: HeadView[], chosenCamera: number | null, tours: HeadTour[] = []): FeatureCollection {
  const shown = views.filter((view) => view.kind === 'now' || view.camera_id === chosenCamera)
  const at = views.find(({ camera_id }) => camera_id === chosenCamera)
  const lines = at ? tours.filter(({ camera_id }) => camera_id === chosenCamera).flatMap((tour) => tourOf(tour, at)) : []
  return { type: 'FeatureCollection', features: [...shown.flatMap(featuresOf), ...lines] }
}

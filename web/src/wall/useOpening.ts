import { useI18n } from 'vue-i18n'
import { fetchIncident, fetchIncidentCameras } from '@/api/incidents'
import type { Layout, Tour } from '@/api/types'
import { fetchTourCameras, fetchWallCameras } from '@/api/wall'
import { useToasts } from '@/stores/toasts'
import { useWall } from '@/stores/wall'
import { plainCamera, wallCameraOf } from './tiles'

/** So many of a ranking are taken: sixteen tiles, and a reserve for those that bring no picture. */
const ranked = 40

/** Opens an incident, a layout or a tour on the wall; the wall asks for the purpose itself. */
export function useOpening() {
  const { t } = useI18n()
  const wall = useWall()
  const toasts = useToasts()

  async function incident(id: number): Promise<void> {
    const [opened, answer] = await Promise.all([fetchIncident(id), fetchIncidentCameras(id, ranked)])
    const worth = answer.cameras.filter((camera) => camera.sight !== 'blocked' && camera.alive !== false)
    if (worth.length === 0) toasts.show('warn', t('wall.noneSees', { number: opened.number }))
    else {
      const visit = { key: `incident:${id}`, title: opened.number, incidentId: id }
      wall.warm(worth.slice(0, wall.size).map((camera) => camera.camera_id))
      wall.open({ visit, cameras: worth.map(wallCameraOf), isRanked: true, size: null, dwell_s: null })
    }
  }

  async function layout({ id, name, size, cameras: wanted }: Layout): Promise<void> {
    const ids = wanted.filter((camera) => camera !== null)
    const { cameras, gone } = await fetchWallCameras(ids)
    if (gone > 0) toasts.show('warn', t('wall.layouts.gone', { n: gone }))
    const known = new Map(cameras.map((camera) => [camera.camera_id, plainCamera(camera)]))
    wall.warm([...known.keys()])
    const tiles = wanted.map((camera) => (camera === null ? null : (known.get(camera) ?? null)))
    wall.open({ visit: { key: `layout:${id}`, title: name, incidentId: null }, cameras: tiles, isRanked: false, size, dwell_s: null })
  }

  async function tour({ id, name, size, dwell_s }: Tour): Promise<void> {
    const { cameras } = await fetchTourCameras(id)
    if (cameras.length === 0) toasts.show('warn', t('wall.tours.none'))
    else wall.open({ visit: { key: `tour:${id}`, title: name, incidentId: null }, cameras: cameras.map(plainCamera), isRanked: false, size, dwell_s })
  }

  const guarded = <T,>(open: (thing: T) => Promise<void>) => (thing: T) => void open(thing).catch(toasts.fault)

  return { openIncident: guarded(incident), openLayout: guarded(layout), openTour: guarded(tour) }
}

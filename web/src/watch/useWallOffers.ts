import { watch } from 'vue'
import type { AimedCamera, NearestPtz, SightAnswer } from '@/api/types'
import { useCameras } from '@/stores/cameras'
import { useIncidents } from '@/stores/incidents'
import { useSight } from '@/stores/sight'
import { useWall } from '@/stores/wall'
import { wallCameraOf, type Visit } from '@/wall/tiles'
import { useI18n } from 'vue-i18n'
import { lonLatText } from '@/format/coordinates'

/** Joins the answer on screen (of an incident or of a place) to the wall: which visit, which cameras, in which order. */
export function useWallOffers() {
  const { t } = useI18n()
  const wall = useWall()
  const incidents = useIncidents()
  const sight = useSight()
  const cameras = useCameras()

  function shown(): { visit: Visit; answer: SightAnswer } | null {
    const { opened } = incidents
    if (opened && incidents.sight) {
      return { visit: { key: `incident:${opened.id}`, title: opened.number, incidentId: opened.id }, answer: incidents.sight }
    }
    if (sight.place && sight.answer) {
      const title = sight.location?.nearest_place?.name ?? lonLatText(sight.place)
      return { visit: { key: `place:${lonLatText(sight.place)}`, title, incidentId: null }, answer: sight.answer }
    }
    return null
  }

  function openBest(): void {
    const now = shown()
    if (now) wall.offer(now.visit, now.answer.cameras.map(wallCameraOf))
  }

  function openRanked(index: number): void {
    const now = shown()
    const camera = now?.answer.cameras[index]
    if (now && camera && camera.alive !== false) wall.show(wallCameraOf(camera), now.visit)
  }

  function openPtz(): void {
    const now = shown()
    const ptz: NearestPtz | null | undefined = now?.answer.nearest_ptz
    if (!now || !ptz) return
    const { camera_id, name, distance_m } = ptz
    wall.show({ camera_id, name, distance_m, sight: null, alive: null, has_ptz: true }, now.visit)
  }

  /** A head that was turned to the place: its picture, under the same visit. */
  function openAimed({ camera_id, name }: AimedCamera): void {
    const now = shown()
    if (now) wall.show({ camera_id, name, distance_m: null, sight: null, alive: null, has_ptz: true }, now.visit)
  }

  function openCamera(): void {
    const camera = cameras.opened
    if (!camera) return
    const visit = { key: `camera:${camera.id}`, title: camera.name || t('camera.title'), incidentId: null }
    const wallCamera = { camera_id: camera.id, name: camera.name, sight: null, alive: camera.status?.alive ?? null, has_ptz: camera.has_ptz, distance_m: null }
    wall.show(wallCamera, visit)
  }

  // An incident opens its pictures by itself (the purpose is still asked); a place waits for the operator's word.
  watch(
    () => incidents.sight,
    (answer) => {
      if (answer && incidents.opened && incidents.opened.state !== 'closed' && incidents.opened.state !== 'rejected') openBest()
    },
  )

  return { openBest, openRanked, openPtz, openAimed, openCamera }
}

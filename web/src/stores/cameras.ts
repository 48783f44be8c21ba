import type { FeatureCollection, Geometry } from 'geojson'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { fetchCamera, fetchViewshed, type ViewshedProperties } from '@/api/cameras'
import { locate } from '@/api/sight'
import type { Camera, Location } from '@/api/types'
import { useWall } from './wall'

export const useCameras = defineStore('cameras', () => {
  const opened = ref<Camera | null>(null)
  const viewshed = shallowRef<FeatureCollection<Geometry, ViewshedProperties> | null>(null)
  const location = ref<Location | null>(null)
  const failure = ref<unknown>(null)
  let wanted: number | null = null

  async function open(id: number): Promise<void> {
    if (wanted !== id) {
      opened.value = null
      viewshed.value = null
      location.value = null
    }
    wanted = id
    failure.value = null
    try {
      const [camera, seen] = await Promise.all([fetchCamera(id), fetchViewshed(id).catch(() => null)])
      if (wanted !== id) return
      opened.value = camera
      viewshed.value = seen
      location.value = await locate(camera.lon, camera.lat).catch(() => null)
    } catch (error) {
      if (wanted === id) failure.value = error
    }
  }

  function leave(): void {
    wanted = null
    opened.value = null
    viewshed.value = null
    failure.value = null
  }

  let hoverTimer = 0
  /** A pointer resting on a camera for a moment is likely to open it. */
  function warmSoon(id: number): void {
    window.clearTimeout(hoverTimer)
    hoverTimer = window.setTimeout(() => useWall().warm([id]), 180)
  }
  const coolDown = () => window.clearTimeout(hoverTimer)

  return { opened, viewshed, location, failure, open, leave, warmSoon, coolDown }
})

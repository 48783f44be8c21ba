import { ref, shallowRef } from 'vue'
import { fetchPurposes, warmStreams } from '@/api/streams'
import type { Purpose, WallCameraRow } from '@/api/types'
import { fetchWallCameras } from '@/api/wall'
import { useSession } from './session'

/** How many cameras the server takes in one request to warm. */
const warmAtOnce = 9

/** Streams likely to be opened are pulled already; a guess, so a refusal is of no interest. */
export function warm(cameraIds: number[]): void {
  if (!useSession().may('streams.open')) return
  for (let i = 0; i < cameraIds.length; i += warmAtOnce) void warmStreams(cameraIds.slice(i, i + warmAtOnce)).catch(() => undefined)
}

export function usePurposes() {
  const purposes = ref<Purpose[]>([])
  async function loadPurposes(): Promise<void> {
    if (purposes.value.length === 0) purposes.value = await fetchPurposes()
  }
  return { purposes, loadPurposes }
}

/** Place and state of the cameras shown, for the captions of their tiles. */
export function useCaptions() {
  const known = shallowRef(new Map<number, WallCameraRow>())
  async function describe(shown: number[]): Promise<void> {
    const ids = shown.filter((id) => !known.value.has(id))
    if (ids.length === 0) return
    const { cameras } = await fetchWallCameras(ids)
    known.value = new Map([...known.value, ...cameras.map((camera): [number, WallCameraRow] => [camera.camera_id, camera])])
  }
  return { known, describe }
}

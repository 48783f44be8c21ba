import { ref } from 'vue'
import * as api from '@/api/heads'
import type { HeadEdit, PtzMaskNew, PtzPreset, PtzPresetEdit, PtzTour } from '@/api/types'
import { useHeads } from '@/stores/heads'
import { useToasts } from '@/stores/toasts'
import { orderOf, type DraftTour } from './stops'

/** Changes of what is kept of a head: each is sent alone, and the sheet is read anew after it. */
export function useHeadEdits(cameraId: () => number) {
  const heads = useHeads()
  const toasts = useToasts()
  const isBusy = ref(false)

  async function run(change: (id: number) => Promise<unknown>): Promise<boolean> {
    isBusy.value = true
    try {
      await change(cameraId())
      return true
    } catch (error) {
      toasts.fault(error)
      return false
    } finally {
      // What was refused is shown as it was.
      await heads.fetch(cameraId())
      isBusy.value = false
    }
  }

  return {
    isBusy,
    head: (change: HeadEdit) => run((id) => api.editHead(id, change)),
    preset: (preset: number, change: PtzPresetEdit) => run((id) => api.editPreset(id, preset, change)),
    removePreset: (preset: PtzPreset) => run((id) => api.dropPreset(id, preset.id)),
    tour: (tour: DraftTour) => run((id) => (tour.id === null ? api.keepTour(id, orderOf(tour)) : api.editTour(id, tour.id, orderOf(tour)))),
    removeTour: (tour: PtzTour) => run((id) => api.dropTour(id, tour.id)),
    mask: (wanted: PtzMaskNew, kept: number | null) => run((id) => (kept === null ? api.keepMask(id, wanted) : api.editMask(id, kept, wanted))),
    removeMask: (mask: number) => run((id) => api.dropMask(id, mask)),
  }
}

export type HeadEdits = ReturnType<typeof useHeadEdits>

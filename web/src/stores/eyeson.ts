import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { fetchEyesOn, type EyesOn } from '@/api/eyeson'

/** The clocks of all grids and key places. */
export const useEyesOn = defineStore('eyeson', () => {
  const rows = shallowRef<EyesOn[]>([])
  const isLoaded = ref(false)
  const failure = ref<unknown>(null)
  const ofGrid = computed(() => new Map(rows.value.filter(({ subject_kind }) => subject_kind === 'grid').map((row) => [row.subject_id, row])))

  async function load(): Promise<void> {
    try {
      rows.value = (await fetchEyesOn()).rows
      isLoaded.value = true
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  return { rows, isLoaded, failure, ofGrid, load }
})

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { fetchEyesOn, type EyesOn } from '@/api/eyeson'

const page = 1000

/** The clocks of all grids. */
export const useEyesOn = defineStore('eyeson', () => {
  const rows = shallowRef<EyesOn[]>([])
  const isLoaded = ref(false)
  const failure = ref<unknown>(null)
  const ofGrid = computed(() => new Map(rows.value.map((row) => [row.subject_id, row])))

  async function load(): Promise<void> {
    try {
      const found: EyesOn[] = []
      for (;;) {
        const { rows: more, total } = await fetchEyesOn({ offset: found.length, limit: page })
        found.push(...more)
        if (more.length === 0 || found.length >= total) break
      }
      rows.value = found
      isLoaded.value = true
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  return { rows, isLoaded, failure, ofGrid, load }
})

import { defineStore } from 'pinia'
import { ref } from 'vue'
import { fetchSight, locate } from '@/api/sight'
import type { Location, SightAnswer } from '@/api/types'
import type { LonLat } from '@/format/coordinates'

/** "What sees this place": the question last asked by a click, and its answer. */
export const useSight = defineStore('sight', () => {
  const place = ref<LonLat | null>(null)
  const answer = ref<SightAnswer | null>(null)
  const location = ref<Location | null>(null)
  const isAsking = ref(false)
  const failure = ref<unknown>(null)
  let abort: AbortController | null = null

  async function ask(at: LonLat): Promise<void> {
    abort?.abort()
    const mine = new AbortController()
    abort = mine
    place.value = at
    answer.value = null
    location.value = null
    failure.value = null
    isAsking.value = true
    try {
      const [seen, located] = await Promise.all([
        fetchSight(at.lon, at.lat, mine.signal),
        locate(at.lon, at.lat, mine.signal),
      ])
      answer.value = seen
      location.value = located
    } catch (error) {
      if (!mine.signal.aborted) failure.value = error
    } finally {
      if (abort === mine) isAsking.value = false
    }
  }

  function leave(): void {
    abort?.abort()
    place.value = null
    answer.value = null
    location.value = null
    failure.value = null
    isAsking.value = false
  }

  return { place, answer, location, isAsking, failure, ask, leave }
})

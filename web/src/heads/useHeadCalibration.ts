import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { ApiError } from '@/api/client'
import { applyHead, computeHead } from '@/api/heads'
import type { HeadCalibration } from '@/api/types'
import { isWhole, orderOf, type Sighting } from './sightings'

const pause_ms = 200

/** Landmarks of a head, and the server's answer to them as they are now. */
export function useHeadCalibration(cameraId: () => number) {
  const sightings = ref<Sighting[]>([])
  const error_m = ref(1)
  const answer = shallowRef<HeadCalibration | null>(null)
  const fault = shallowRef<Error | null>(null)
  const isAsking = ref(false)
  const order = computed(() => orderOf(sightings.value, error_m.value))
  let asked: AbortController | null = null
  let timer = 0

  async function ask(): Promise<void> {
    if (!order.value) return
    const own = (asked = new AbortController())
    try {
      const found = await computeHead(cameraId(), order.value, own.signal)
      if (own !== asked) return
      answer.value = found
      fault.value = null
    } catch (error) {
      if (own !== asked) return
      answer.value = null
      fault.value = error as Error
    } finally {
      if (own === asked) isAsking.value = false
    }
  }

  watch(order, (now) => {
    window.clearTimeout(timer)
    asked?.abort()
    asked = null
    isAsking.value = now !== null
    if (now) timer = window.setTimeout(() => void ask(), pause_ms)
    else answer.value = fault.value = null
  })

  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    asked?.abort()
  })

  const ids = computed(() => sightings.value.filter(isWhole).map(({ id }) => id))
  /** The landmark that contradicts the others is counted over those sent; here its id on the screen. */
  const suspects = computed(() => {
    const number = fault.value instanceof ApiError ? (fault.value.detail.landmark as number | null | undefined) : null
    const id = number ? ids.value[number - 1] : undefined
    return id === undefined ? [] : [id]
  })
  const residuals = computed(() => new Map((answer.value?.residuals_deg ?? []).map((off_deg, i) => [ids.value[i] ?? -1, off_deg])))

  const apply = () => (order.value ? applyHead(cameraId(), order.value) : Promise.reject(new Error('too few')))

  return { sightings, error_m, answer, fault, isAsking, suspects, residuals, apply }
}

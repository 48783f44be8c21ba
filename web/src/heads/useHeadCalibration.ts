import { computed, ref } from 'vue'
import { ApiError } from '@/api/client'
import { applyHead, computeHead } from '@/api/heads'
import { useAnswer } from '@/calibration/useAnswer'
import { isWhole, orderOf, type Sighting } from './sightings'

/** Landmarks of a head, and the server's answer to them as they are now. */
export function useHeadCalibration(cameraId: () => number) {
  const sightings = ref<Sighting[]>([])
  const error_m = ref(1)
  const order = computed(() => orderOf(sightings.value, error_m.value))
  const { answer, fault, isAsking } = useAnswer(order, (now, signal) => computeHead(cameraId(), now, signal))

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

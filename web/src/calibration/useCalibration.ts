import { computed, onBeforeUnmount, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import { applyCalibration, calibrate, setPoses, type Calibration } from '@/api/calibration'
import { ApiError } from '@/api/client'
import type { Camera } from '@/api/types'
import { isWhole, orderOf, type Accuracy, type Landmark, type Snapshot } from './landmarks'

const pause_ms = 200
const again_ms = 3000

/** Landmarks in a snapshot and the server's answer to them as they are now. */
export function useCalibration(camera: () => Camera | null, sensorNo: () => number, snapshot: Ref<Snapshot | null>) {
  const landmarks = ref<Landmark[]>([])
  const accuracy = reactive<Accuracy>({ place_error_m: 0.5, height_error_m: 0.3, landmark_error_m: 0.3, camera_height_m: null })
  const answer = shallowRef<Calibration | null>(null)
  const fault = shallowRef<Error | null>(null)
  const isAsking = ref(false)
  const order = computed(() => orderOf(landmarks.value, snapshot.value, sensorNo(), accuracy))
  let asked: AbortController | null = null
  let timer = 0

  async function ask(): Promise<void> {
    const now = camera()
    if (!now || !order.value) return
    const own = (asked = new AbortController())
    isAsking.value = true
    try {
      const found = await calibrate(now.id, order.value, own.signal)
      if (own !== asked) return
      answer.value = found
      fault.value = null
    } catch (error) {
      if (own !== asked) return
      answer.value = null
      fault.value = error as Error
      // A server that is starting or out of reach may answer soon; what it refused stays refused.
      if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) timer = window.setTimeout(() => void ask(), again_ms)
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

  /** Places of refused landmarks are counted over those sent; here the ids they have on the screen. */
  const suspects = computed(() => {
    const named = fault.value instanceof ApiError ? (fault.value.detail.landmarks as number[] | undefined) : undefined
    const whole = landmarks.value.filter(isWhole)
    return (named ?? []).flatMap((number) => whole[number - 1]?.id ?? [])
  })

  const residuals = computed(() => {
    const whole = landmarks.value.filter(isWhole)
    return new Map((answer.value?.residuals ?? []).map(({ du, dv }, i) => [whole[i]?.id ?? -1, { du, dv }]))
  })

  /** Stores the pose; returns what puts the former one back. */
  async function apply(): Promise<{ camera: Camera; undo: () => Promise<Camera> } | null> {
    const before = camera()
    if (!before || !order.value) return null
    const now = await applyCalibration(before.id, order.value)
    return { camera: now, undo: () => setPoses(before.id, before.poses, before.height_m) }
  }

  return { landmarks, accuracy, answer, fault, isAsking, suspects, residuals, apply }
}

import { computed, reactive, ref, type Ref } from 'vue'
import { applyCalibration, calibrate, setPoses } from '@/api/calibration'
import { ApiError } from '@/api/client'
import type { Camera } from '@/api/types'
import { isWhole, orderOf, type Accuracy, type Landmark, type Snapshot } from './landmarks'
import { useAnswer } from './useAnswer'

/** Landmarks in a snapshot and the server's answer to them as they are now. */
export function useCalibration(camera: () => Camera | null, sensorNo: () => number, snapshot: Ref<Snapshot | null>) {
  const landmarks = ref<Landmark[]>([])
  const accuracy = reactive<Accuracy>({ place_error_m: 0.5, height_error_m: 0.3, landmark_error_m: 0.3, camera_height_m: null })
  const order = computed(() => orderOf(landmarks.value, snapshot.value, sensorNo(), accuracy))
  const { answer, fault, isAsking } = useAnswer(order, (now, signal) => {
    const own = camera()
    return own ? calibrate(own.id, now, signal) : null
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

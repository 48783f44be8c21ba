import { computed, onBeforeUnmount, ref, type Ref } from 'vue'
import { fetchRecordings, type Recordings } from '@/api/recordings'
import { spanAt, spansOf, type Span } from './spans'

export interface StageCamera {
  camera_id: number
  name: string
}

/** What the device of one camera said of the range, or why it said nothing. */
export interface CameraRecordings {
  camera: StageCamera
  isAsking: boolean
  failure: string
  answer: Recordings | null
  spans: Span[]
}

export const mostTiles = 4

/** A device that could not be asked, or knows no list, may still play: its tile finds out. */
export const mayHave = (row: CameraRecordings, at_ms: number): boolean => row.answer === null || spanAt(row.spans, at_ms) !== null

/** What each camera has recorded of a range, and which of them are looked at. */
export function useCameraRecordings(cameras: readonly StageCamera[], range: Ref<Span>) {
  const rows = ref<CameraRecordings[]>(cameras.map((camera) => ({ camera, isAsking: false, failure: '', answer: null, spans: [] })))
  const shown = ref<number[]>(cameras.slice(0, 2).map(({ camera_id }) => camera_id))
  const focused = ref<number | null>(shown.value[0] ?? null)
  let abort = new AbortController()

  const shownRows = computed(() => shown.value.map((id) => rows.value.find(({ camera }) => camera.camera_id === id)).filter((row) => row !== undefined))

  async function ask(row: CameraRecordings, signal: AbortSignal): Promise<void> {
    Object.assign(row, { isAsking: true, failure: '' })
    try {
      row.answer = await fetchRecordings(row.camera.camera_id, new Date(range.value.from_ms), new Date(range.value.to_ms), signal)
      row.spans = spansOf(row.answer.spans)
    } catch (error) {
      if (signal.aborted) return
      Object.assign(row, { failure: (error as Error).message, answer: null, spans: [] })
    }
    row.isAsking = false
  }

  function load(): void {
    abort.abort()
    abort = new AbortController()
    for (const row of rows.value) void ask(row, abort.signal)
  }
  onBeforeUnmount(() => abort.abort())

  const focus = (cameraId: number) => (focused.value = cameraId)

  function toggleCamera(cameraId: number): void {
    if (shown.value.includes(cameraId)) shown.value = shown.value.filter((id) => id !== cameraId)
    else if (shown.value.length < mostTiles) shown.value = [...shown.value, cameraId]
    focused.value = shown.value.includes(focused.value ?? -1) ? focused.value : (shown.value.at(-1) ?? null)
  }

  return { rows, shown, focused, shownRows, load, focus, toggleCamera }
}

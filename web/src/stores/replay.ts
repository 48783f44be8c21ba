import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { fetchReplay } from '@/api/patrol'
import { placesAt, type ReplayTrack } from '@/patrol/replay'

export const replaySpeeds = [30, 120, 600] as const
const frame_ms = 50

/** A past period played on the map: its tracks, and the moment shown. */
export const useReplay = defineStore('replay', () => {
  const tracks = shallowRef<ReplayTrack[] | null>(null)
  const from_s = ref(0)
  const to_s = ref(0)
  const at_s = ref(0)
  const speed = ref<number>(replaySpeeds[1])
  const isPlaying = ref(false)
  const step_s = ref(0)
  const isCut = ref(false)
  const failure = ref('')
  const places = computed(() => placesAt(tracks.value ?? [], at_s.value))
  let abort: AbortController | null = null
  let last_ms = 0

  async function load(from: Date, to: Date): Promise<void> {
    abort?.abort()
    abort = new AbortController()
    pause()
    tracks.value = null
    failure.value = ''
    try {
      const answer = await fetchReplay({ from: from.toISOString(), to: to.toISOString() }, abort.signal)
      ;[from_s.value, to_s.value] = [from.getTime() / 1000, to.getTime() / 1000]
      at_s.value = from_s.value
      ;[step_s.value, isCut.value] = [answer.step_s, answer.is_cut]
      tracks.value = answer.rows.map(({ is_known, ...track }) => ({ ...track, isKnown: is_known }))
    } catch (error) {
      if (!(error instanceof DOMException)) failure.value = (error as Error).message
    }
  }

  function beat(now_ms: number): void {
    if (!isPlaying.value) return
    if (now_ms - last_ms >= frame_ms) {
      // A page that was hidden does not leap: at most a quarter of a second counts.
      seek(at_s.value + (Math.min(250, now_ms - last_ms) / 1000) * speed.value)
      last_ms = now_ms
    }
    if (at_s.value >= to_s.value) pause()
    else requestAnimationFrame(beat)
  }

  function play(): void {
    if (!tracks.value || isPlaying.value) return
    if (at_s.value >= to_s.value) at_s.value = from_s.value
    isPlaying.value = true
    last_ms = performance.now()
    requestAnimationFrame(beat)
  }
  const pause = () => void (isPlaying.value = false)
  const toggle = () => (isPlaying.value ? pause() : play())
  const seek = (to: number) => (at_s.value = Math.min(to_s.value, Math.max(from_s.value, to)))

  function leave(): void {
    abort?.abort()
    pause()
    tracks.value = null
    failure.value = ''
  }

  return { tracks, from_s, to_s, at_s, speed, isPlaying, step_s, isCut, failure, places, load, play, pause, toggle, seek, leave }
})

import { computed, ref } from 'vue'
import { begun, isDue, left_ms, paused, resumed, shouldWarm, turnedPage, type TourClock } from '@/wall/tourClock'

/** The clock of the tour now running, if one does; `turn` and `warm` are the wall's. */
export function useTourClock(turn: () => void, warm: () => void) {
  const clock = ref<TourClock | null>(null)
  const left_s = ref(0)
  let isWarmed = false
  const isRunning = computed(() => clock.value !== null)
  const isPaused = computed(() => clock.value?.pausedLeft_ms != null)

  function show(now_ms: number): void {
    left_s.value = clock.value ? Math.ceil(left_ms(clock.value, now_ms) / 1000) : 0
  }

  function begin(dwell_s: number | null): void {
    clock.value = dwell_s === null ? null : begun(dwell_s, performance.now())
    isWarmed = false
    show(performance.now())
  }

  function turned(): void {
    if (clock.value) clock.value = turnedPage(clock.value, performance.now())
    isWarmed = false
    show(performance.now())
  }

  /** Called by the wall on screen: without one nobody looks, and the tour waits. */
  function tick(now_ms: number): void {
    if (!clock.value) return
    if (!isWarmed && shouldWarm(clock.value, now_ms)) {
      isWarmed = true
      warm()
    }
    if (isDue(clock.value, now_ms)) turn()
    show(now_ms)
  }

  function toggle(): void {
    if (!clock.value) return
    const now_ms = performance.now()
    clock.value = isPaused.value ? resumed(clock.value, now_ms) : paused(clock.value, now_ms)
    show(now_ms)
  }

  const end = () => begin(null)

  return { isRunning, isPaused, left_s, begin, turned, tick, toggle, end }
}

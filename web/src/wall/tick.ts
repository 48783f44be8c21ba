import { onActivated, onBeforeUnmount, onDeactivated, onMounted } from 'vue'

const every_ms = 250
const listeners = new Set<(now_ms: number) => void>()
let timer = 0

/** One clock for all tiles, four times a second; it stands still while none is on screen. */
export function onTick(listener: (now_ms: number) => void): () => void {
  listeners.add(listener)
  if (!timer) {
    timer = window.setInterval(() => {
      const now_ms = performance.now()
      listeners.forEach((each) => each(now_ms))
    }, every_ms)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(timer)
    timer = 0
  }
}

/** The same for as long as a component is on screen. */
export function useTick(listener: (now_ms: number) => void): void {
  let stop: (() => void) | null = null
  const start = () => (stop ??= onTick(listener))
  const end = () => {
    stop?.()
    stop = null
  }
  onMounted(start)
  onActivated(start)
  onDeactivated(end)
  onBeforeUnmount(end)
}

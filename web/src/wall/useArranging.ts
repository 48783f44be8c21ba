import { onBeforeUnmount, ref } from 'vue'

/** Before this the pointer only chose the tile. */
const start_px = 6

/** Dragging a tile by its caption to another place of the wall. */
export function useArranging(swap: (from: number, to: number) => void) {
  const held = ref<number | null>(null)
  const over = ref<number | null>(null)
  let from: { slot: number; x: number; y: number } | null = null

  function slotAt(event: PointerEvent): number | null {
    const found = document.elementsFromPoint(event.clientX, event.clientY).find((element) => element instanceof HTMLElement && element.dataset.place !== undefined)
    return found instanceof HTMLElement ? Number(found.dataset.place) : null
  }

  function grab(slot: number, event: PointerEvent): void {
    if (event.button !== 0) return
    from = { slot, x: event.clientX, y: event.clientY }
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', release)
    window.addEventListener('pointercancel', end)
    window.addEventListener('keydown', onKey, { capture: true })
  }

  function move(event: PointerEvent): void {
    if (!from) return
    if (held.value === null && Math.hypot(event.clientX - from.x, event.clientY - from.y) < start_px) return
    held.value = from.slot
    over.value = slotAt(event)
  }

  function release(event: PointerEvent): void {
    const to = held.value === null ? null : slotAt(event)
    if (from && to !== null && to !== from.slot) swap(from.slot, to)
    end()
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || held.value === null) return
    event.stopPropagation()
    end()
  }

  function end(): void {
    from = null
    held.value = null
    over.value = null
    window.removeEventListener('pointermove', move)
    window.removeEventListener('pointerup', release)
    window.removeEventListener('pointercancel', end)
    window.removeEventListener('keydown', onKey, { capture: true })
  }

  onBeforeUnmount(end)

  return { held, over, grab }
}

import { computed, ref, type Ref } from 'vue'
import { isZoomed, panned, styleOf, whole, zoomedAt } from './zoom'

const step = 1.2

/** Digital zoom of one tile: wheel and drag over the box, or `zoomBy` from the keys. */
export function useZoom(box: Ref<HTMLElement | undefined>, mayTake: (event: MouseEvent) => boolean) {
  const zoom = ref(whole)
  const isOn = computed(() => isZoomed(zoom.value))
  const style = computed(() => ({ transform: styleOf(zoom.value) }))
  let from: { x: number; y: number } | null = null

  function shares({ clientX, clientY }: MouseEvent): { x: number; y: number } {
    const { left, top, width, height } = box.value!.getBoundingClientRect()
    return { x: (clientX - left) / width - 0.5, y: (clientY - top) / height - 0.5 }
  }

  function onWheel(event: WheelEvent): void {
    if (!mayTake(event)) return
    event.preventDefault()
    event.stopPropagation()
    zoom.value = zoomedAt(zoom.value, event.deltaY < 0 ? step : 1 / step, shares(event))
  }

  function onDown(event: PointerEvent): void {
    if (event.button !== 0 || !isOn.value || !mayTake(event)) return
    from = shares(event)
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
  }

  function onMove(event: PointerEvent): void {
    if (!from) return
    const to = shares(event)
    zoom.value = panned(zoom.value, to.x - from.x, to.y - from.y)
    from = to
  }

  const onUp = () => (from = null)
  const reset = () => (zoom.value = whole)
  const zoomBy = (by: 1 | -1) => (zoom.value = zoomedAt(zoom.value, by > 0 ? step : 1 / step, { x: 0, y: 0 }))

  return { zoom, isOn, style, onWheel, onDown, onMove, onUp, reset, zoomBy }
}

import type { MapMouseEvent } from 'maplibre-gl'
import { onBeforeUnmount } from 'vue'
import { useMap } from './mapKey'

/** What a layer with handles does with the pointer; letting go counts outside the map as well. */
export interface Drag {
  onDown: (event: MapMouseEvent) => void
  onMove: (event: MapMouseEvent) => void
  onUp: () => void
}

/** Listens to the pointer for as long as the layer is on the map. */
export function useDrag({ onDown, onMove, onUp }: Drag): void {
  const { map } = useMap()
  map.on('mousedown', onDown)
  map.on('mousemove', onMove)
  window.addEventListener('mouseup', onUp)
  onBeforeUnmount(() => {
    map.off('mousedown', onDown)
    map.off('mousemove', onMove)
    window.removeEventListener('mouseup', onUp)
  })
}

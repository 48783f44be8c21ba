import type { Geometry } from 'geojson'
import { TerraDraw } from 'terra-draw'
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter'
import { onBeforeUnmount, onMounted } from 'vue'
import { useMap } from './mapKey'

type Colour = `#${string}`
type Mode = ConstructorParameters<typeof TerraDraw>[0]['modes'][number]

/** One thing drawn by its corners: begun when mounted, gone when unmounted. Escape cancels it before anybody else hears the key. */
export function useDrawing(mode: (accent: Colour, dot: Colour) => Mode, onDrawn: (found: Geometry) => void, onCancel: () => void): void {
  const { map, palette } = useMap()
  let draw: TerraDraw | null = null

  onMounted(() => {
    const own = mode(palette.value.accent as Colour, palette.value.keyPlace as Colour)
    draw = new TerraDraw({ adapter: new TerraDrawMapLibreGLAdapter({ map }), modes: [own] })
    draw.start()
    draw.setMode(own.mode)
    draw.on('finish', (id) => {
      const found = draw?.getSnapshotFeature(id)?.geometry
      if (found) onDrawn(found as Geometry)
    })
  })

  function onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopImmediatePropagation()
    onCancel()
  }
  window.addEventListener('keydown', onKey, true)
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', onKey, true)
    draw?.stop()
  })
}

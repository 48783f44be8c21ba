// The life cycle of a map layer: a component owns one source, adds it and its layers on mount, removes both on unmount,
// and repaints when the theme or its own inputs change.

import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import { onBeforeUnmount, watch } from 'vue'
import { useMap } from './mapKey'
import type { Palette } from './palette'
import { layerAbove } from './ranks'

type Paint = Record<string, unknown>
type Look = LayerSpecification & { paint?: Paint; layout?: Paint }

export interface OwnedLayers {
  source: string
  specification: () => SourceSpecification
  /** Layers over that source in this theme; called again whenever something it reads changes. */
  layers: (palette: Palette) => LayerSpecification[]
}

export function useMapLayer({ source, specification, layers }: OwnedLayers): void {
  const { map, palette } = useMap()

  map.addSource(source, specification())
  for (const layer of layers(palette.value)) map.addLayer(layer, layerAbove(layer.id, map.getLayersOrder()))

  watch(
    () => layers(palette.value) as Look[],
    (looks) => {
      for (const { id, paint = {}, layout = {}, ...rest } of looks) {
        for (const [name, value] of Object.entries(paint)) map.setPaintProperty(id, name as never, value as never)
        for (const [name, value] of Object.entries(layout)) map.setLayoutProperty(id, name as never, value as never)
        if ('filter' in rest && rest.filter) map.setFilter(id, rest.filter)
      }
    },
  )

  onBeforeUnmount(() => {
    for (const { id } of layers(palette.value)) if (map.getLayer(id)) map.removeLayer(id)
    if (map.getSource(source)) map.removeSource(source)
  })
}

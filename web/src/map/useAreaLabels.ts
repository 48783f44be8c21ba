import type { FeatureCollection } from 'geojson'
import type { FilterSpecification, GeoJSONSource, MapSourceDataEvent, SymbolLayerSpecification } from 'maplibre-gl'
import { onBeforeUnmount } from 'vue'
import { areaLabels, type Piece } from './areaLabels'
import { useMap } from './mapKey'
import type { Palette } from './palette'
import { useMapLayer } from './useMapLayer'

export interface AreaLabels {
  /** The vector source, and layer within it, whose areas are named. */
  of: string
  /** Which areas are named at this zoom; null when none is. */
  filter: (zoom: number) => FilterSpecification | null
  layer: (palette: Palette) => Omit<SymbolLayerSpecification, 'source' | 'type'>
}

const nothing: FeatureCollection = { type: 'FeatureCollection', features: [] }

/** A source of its own with one label point per area in view, made again whenever the view or its tiles have settled. */
export function useAreaLabels({ of, filter, layer }: AreaLabels): void {
  const { map } = useMap()
  const source = `${of}-label`
  let timer = 0

  useMapLayer({
    source,
    specification: () => ({ type: 'geojson', data: nothing }),
    layers: (palette) => [{ ...layer(palette), type: 'symbol', source }],
  })

  function refresh(): void {
    timer = 0
    const wanted = filter(map.getZoom())
    const bounds = map.getBounds()
    const pieces = wanted && map.getSource(of) ? map.querySourceFeatures(of, { sourceLayer: of, filter: wanted }) : []
    const labels = areaLabels(pieces as unknown as Piece[], [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()])
    map.getSource<GeoJSONSource>(source)?.setData(labels)
  }

  function soon(): void {
    timer ||= window.setTimeout(refresh, 60)
  }

  function onData(event: MapSourceDataEvent): void {
    if (event.sourceId === of && event.tile) soon()
  }

  map.on('moveend', soon)
  map.on('sourcedata', onData)
  soon()
  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    map.off('moveend', soon)
    map.off('sourcedata', onData)
  })
}

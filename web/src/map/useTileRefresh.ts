import type { VectorTileSource } from 'maplibre-gl'
import { onBeforeUnmount } from 'vue'
import { useLive } from '@/stores/live'
import { useMap } from './mapKey'
import { tileAddress, type TileLayer } from './tiles'

/** Many changes within this time are one reload: a county restarting its cameras must not fetch tiles by the hundred. */
const usual_ms = 5000

/** Reloads the tiles of a layer when the things on it change. */
export function useTileRefresh(source: string, layer: TileLayer, nouns: string[], quiet_ms = usual_ms): void {
  const { map } = useMap()
  const live = useLive()
  let timer = 0

  function reload(): void {
    timer = 0
    // Reloading empties the layer first: with no server the map would be left blank. Catching up comes here again.
    if (live.state !== 'open') return
    const tiles = map.getSource<VectorTileSource>(source)
    tiles?.setTiles([tileAddress(layer)])
  }

  function soon(): void {
    timer ||= window.setTimeout(reload, quiet_ms)
  }

  const stops = [...nouns.map((noun) => live.on(noun, soon)), live.onCatchUp(() => live.isSettled() && soon())]
  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    stops.forEach((stop) => stop())
  })
}

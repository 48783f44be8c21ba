import type { Map as MapLibreMap } from 'maplibre-gl'
import { inject, type ComputedRef, type InjectionKey } from 'vue'
import type { Palette } from './palette'

export interface MapContext {
  map: MapLibreMap
  palette: ComputedRef<Palette>
}

export const mapKey: InjectionKey<MapContext> = Symbol('map')

export function useMap(): MapContext {
  const context = inject(mapKey)
  if (!context) throw new Error('a layer component lives inside MapView')
  return context
}

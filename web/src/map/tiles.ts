import type { VectorSourceSpecification } from 'maplibre-gl'

export type TileLayer = 'roads' | 'buildings' | 'divisions' | 'grids' | 'places' | 'cameras' | 'viewsheds' | 'coverage' | 'coveragenow' | 'coveragedori' | 'coveragedorinow' | 'restricted'

export interface TileRange {
  minzoom?: number
  maxzoom?: number
}

/** Without a version in the address the browser asks again each time and is mostly answered "not modified". */
export function tileAddress(layer: TileLayer): string {
  return `${location.origin}/api/tiles/${layer}/{z}/{x}/{y}.mvt`
}

export function tileSource(layer: TileLayer, range: TileRange = {}): VectorSourceSpecification {
  return { type: 'vector', tiles: [tileAddress(layer)], minzoom: range.minzoom ?? 6, maxzoom: range.maxzoom ?? 16 }
}

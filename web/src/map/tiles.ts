import type { VectorSourceSpecification } from 'maplibre-gl'

export type TileLayer = 'roads' | 'buildings' | 'divisions' | 'grids' | 'places' | 'cameras' | 'viewsheds'

export interface TileRange {
  minzoom?: number
  maxzoom?: number
}

/** The version only breaks caches: the server answers the newest tile whatever it says. */
export function tileAddress(layer: TileLayer, version: number): string {
  return `${location.origin}/api/tiles/${layer}/{z}/{x}/{y}.mvt?v=${version}`
}

export function tileSource(layer: TileLayer, range: TileRange = {}, version = 0): VectorSourceSpecification {
  return { type: 'vector', tiles: [tileAddress(layer, version)], minzoom: range.minzoom ?? 6, maxzoom: range.maxzoom ?? 16 }
}

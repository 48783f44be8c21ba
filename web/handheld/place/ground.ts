import type { StyleSpecification } from 'maplibre-gl'

/** The ground of the jurisdiction from our own tiles: enough to find one's own street, nothing more. */
export function groundStyle(origin: string, css: CSSStyleDeclaration): StyleSpecification {
  const colour = (name: string) => css.getPropertyValue(name).trim()
  const layer = (name: string) => ({ type: 'vector' as const, tiles: [`${origin}/api/tiles/${name}/{z}/{x}/{y}.mvt`], maxzoom: 16 })
  return {
    version: 8,
    sources: { grids: layer('grids'), roads: layer('roads'), buildings: layer('buildings') },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colour('--surface-2') } },
      { id: 'buildings', type: 'fill', source: 'buildings', 'source-layer': 'buildings', minzoom: 14, paint: { 'fill-color': colour('--line'), 'fill-outline-color': colour('--text-3') } },
      { id: 'roads', type: 'line', source: 'roads', 'source-layer': 'roads', layout: { 'line-cap': 'round' }, paint: { 'line-color': colour('--text-3'), 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 1, 17, 6] } },
      { id: 'grids', type: 'line', source: 'grids', 'source-layer': 'grids', paint: { 'line-color': colour('--accent'), 'line-width': 1, 'line-dasharray': [4, 3] } },
    ],
  }
}

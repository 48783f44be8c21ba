// Drawing order, lowest first: whatever mounts when, a layer lands between its neighbours here.

export const layerOrder = [
  'tianditu-base',
  'tianditu-labels',
  'building-fill',
  'road-case',
  'road-line',
  'grid-fill',
  'grid-line',
  'division-line',
  'building-extrusion',
  'viewshed-fill',
  'viewshed-hatch',
  'viewshed-line',
  'chosen-fill',
  'chosen-hatch',
  'chosen-line',
  'road-label',
  'grid-label',
  'division-label',
  'place-dot',
  'place-mark',
  'sight-clear',
  'sight-dash',
  'camera-cluster',
  'camera-count',
  'camera-dot',
  'camera-mark',
  'camera-name',
  'camera-chosen',
  'sight-block',
  'incident-ring',
  'incident-mark',
  'incident-label',
  'target-halo',
  'target-dot',
] as const

/** The first layer present that belongs above `id`, to insert before; undefined puts it on top. */
export function layerAbove(id: string, present: string[]): string | undefined {
  const rank = layerOrder.indexOf(id as (typeof layerOrder)[number])
  if (rank < 0) throw new Error(`layer ${id} has no place in the drawing order`)
  const there = new Set(present)
  return layerOrder.slice(rank + 1).find((other) => there.has(other))
}

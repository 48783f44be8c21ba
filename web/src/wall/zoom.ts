// Digital zoom: a part of the picture fills the tile. Offsets are shares of the tile, 0 = centred, at scale 1 always 0.

export interface Zoom {
  scale: number
  x: number
  y: number
}

export const whole: Zoom = { scale: 1, x: 0, y: 0 }
const most = 8

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** The picture never leaves the tile: at scale s its middle moves by at most (s - 1) / 2 of the tile. */
function held(scale: number, x: number, y: number): Zoom {
  if (scale === 1) return whole
  const reach = (scale - 1) / 2
  return { scale, x: clamp(x, -reach, reach), y: clamp(y, -reach, reach) }
}

/** Zoom so that what lies under a point stays there; the point in shares of the tile from its middle (-0.5 to 0.5). */
export function zoomedAt(zoom: Zoom, factor: number, at: { x: number; y: number }): Zoom {
  const scale = clamp(zoom.scale * factor, 1, most)
  const kept = scale / zoom.scale
  return held(scale, at.x - (at.x - zoom.x) * kept, at.y - (at.y - zoom.y) * kept)
}

export const panned = (zoom: Zoom, dx: number, dy: number): Zoom => held(zoom.scale, zoom.x + dx, zoom.y + dy)

export const isZoomed = (zoom: Zoom) => zoom.scale > 1.001

export const styleOf = ({ scale, x, y }: Zoom) => (scale > 1.001 ? `translate(${(x * 100).toFixed(2)}%, ${(y * 100).toFixed(2)}%) scale(${scale.toFixed(3)})` : '')

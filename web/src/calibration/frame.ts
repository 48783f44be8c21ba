// How a picture lies in its pane: scale (pane pixels per picture pixel) and the pane position of its upper left corner.

export interface Size {
  width: number
  height: number
}

export interface Frame {
  scale: number
  x: number
  y: number
}

export interface Point {
  x: number
  y: number
}

/** A picture pixel shown this large is as near as a click can use. */
const largestScale = 8

export function fitted(pane: Size, picture: Size): Frame {
  const scale = Math.min(pane.width / picture.width, pane.height / picture.height)
  return { scale, x: (pane.width - picture.width * scale) / 2, y: (pane.height - picture.height * scale) / 2 }
}

/** The picture never leaves the pane: an axis it fills stays filled, one it does not fill stays centred. */
function held(offset: number, pane: number, shown: number): number {
  return shown <= pane ? (pane - shown) / 2 : Math.min(0, Math.max(pane - shown, offset))
}

function settled(frame: Frame, pane: Size, picture: Size): Frame {
  return {
    scale: frame.scale,
    x: held(frame.x, pane.width, picture.width * frame.scale),
    y: held(frame.y, pane.height, picture.height * frame.scale),
  }
}

/** Larger or smaller by a factor, with the picture pixel under `at` staying there. */
export function zoomed(frame: Frame, at: Point, factor: number, pane: Size, picture: Size): Frame {
  const scale = Math.min(largestScale, Math.max(fitted(pane, picture).scale, frame.scale * factor))
  const ratio = scale / frame.scale
  return settled({ scale, x: at.x - (at.x - frame.x) * ratio, y: at.y - (at.y - frame.y) * ratio }, pane, picture)
}

export const panned = (frame: Frame, by: Point, pane: Size, picture: Size): Frame =>
  settled({ ...frame, x: frame.x + by.x, y: frame.y + by.y }, pane, picture)

export const toPane = (frame: Frame, mark: { u: number; v: number }): Point => ({ x: frame.x + mark.u * frame.scale, y: frame.y + mark.v * frame.scale })

/** The picture pixel under a point of the pane, to a tenth; null beside the picture. */
export function toPicture(frame: Frame, { x, y }: Point, picture: Size): { u: number; v: number } | null {
  const u = Math.round(((x - frame.x) / frame.scale) * 10) / 10
  const v = Math.round(((y - frame.y) / frame.scale) * 10) / 10
  return u >= 0 && v >= 0 && u <= picture.width && v <= picture.height ? { u, v } : null
}

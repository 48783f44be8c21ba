// Pointer to picture: a point of the tile in halves of the picture's width and height from its middle, letterbox left out.

export interface Box {
  left: number
  top: number
  width: number
  height: number
}

export interface Point {
  x: number
  y: number
}

const clamp = (value: number) => Math.max(-1, Math.min(1, value))

/** The part of a box that a picture of this aspect fills when it is fitted into it whole. */
export function pictureBox(box: Box, aspect: number): Box {
  const width = Math.min(box.width, box.height * aspect)
  const height = width / aspect
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height }
}

/** -1 to 1 from the middle, right and downwards; beyond the picture its edge. */
export function inPicture(picture: Box, { x, y }: Point): Point {
  return { x: clamp(((x - picture.left) / picture.width) * 2 - 1), y: clamp(((y - picture.top) / picture.height) * 2 - 1) }
}

/** The new middle after the picture was pulled from one point to another: what was grasped follows the hand. */
export function pulled(from: Point, to: Point): { dx: number; dy: number } {
  return { dx: clamp(from.x - to.x), dy: clamp(from.y - to.y) }
}

/** The new middle of a zoom that leaves what is under the pointer where it is. */
export function zoomedAt(at: Point, zoom: number): { dx: number; dy: number; zoom: number } {
  const share = 1 - 1 / zoom
  return { dx: clamp(at.x * share), dy: clamp(at.y * share), zoom }
}

import type { Mask } from '@/api/evidence'

export interface Point {
  x: number
  y: number
}

export interface Box {
  left: number
  top: number
  width: number
  height: number
}

const least = 0.01
const clamp = (value: number) => Math.min(1, Math.max(0, value))
const round = (value: number) => Math.round(value * 10_000) / 10_000

/** Where the picture itself lies within its element, bars left out; in pixels of the element. */
export function pictureBox(element: { width: number; height: number }, picture: { width: number; height: number }): Box {
  const scale = Math.min(element.width / picture.width, element.height / picture.height)
  const width = picture.width * scale
  const height = picture.height * scale
  return { left: (element.width - width) / 2, top: (element.height - height) / 2, width, height }
}

/** The rectangle between two corners as a mask; null when it is too small to be meant. */
export function maskBetween(from: Point, to: Point): Mask | null {
  const [left, right] = [from.x, to.x].map(clamp).sort((a, b) => a - b) as [number, number]
  const [top, bottom] = [from.y, to.y].map(clamp).sort((a, b) => a - b) as [number, number]
  if (right - left < least || bottom - top < least) return null
  const [l, t, r, b] = [left, top, right, bottom].map(round) as [number, number, number, number]
  return { points: [[l, t], [r, t], [r, b], [l, b]] }
}

/** A mask moved by a share of the picture, kept within it. */
export function moved(mask: Mask, dx: number, dy: number): Mask {
  const xs = mask.points.map(([x]) => x)
  const ys = mask.points.map(([, y]) => y)
  const byX = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx))
  const byY = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy))
  return { ...mask, points: mask.points.map(([x, y]) => [round(x + byX), round(y + byY)]) }
}

/** Whether a mask covers anything at this time of its part. */
export const isOn = (mask: Mask, at_s: number) => (mask.from_s ?? 0) <= at_s && at_s <= (mask.to_s ?? Infinity)

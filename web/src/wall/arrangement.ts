// Where the tiles of a wall stand. Slots count in reading order; of six the first is the large one, four cells of nine.

import type { WallSize } from '@/api/types'
import { bestTiling, type Tiling } from './tiling'

export const sizes: WallSize[] = [1, 4, 6, 9, 16]
export const mostTiles = 16

export interface Cell {
  column: number
  row: number
  span: number
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** Columns and rows for pictures as large as the box allows; six always stand three by three, the large one two by two. */
export function tilingOf(size: WallSize, width_px: number, height_px: number, caption_px: number): Tiling {
  return size === 6 ? { columns: 3, rows: 3 } : bestTiling(size, width_px, height_px, caption_px)
}

const besideLarge: [number, number][] = [[3, 1], [3, 2], [1, 3], [2, 3], [3, 3]]

/** Columns and rows from one, as CSS counts grid lines. */
export function cellOf(size: WallSize, slot: number, columns: number): Cell {
  if (size !== 6) return { column: (slot % columns) + 1, row: Math.floor(slot / columns) + 1, span: 1 }
  if (slot === 0) return { column: 1, row: 1, span: 2 }
  const [column, row] = besideLarge[slot - 1]!
  return { column, row, span: 1 }
}

/** The slot next to one in a direction: the nearest across the edge, the one most in line first; itself at the border. */
export function neighbour(size: WallSize, columns: number, slot: number, direction: Direction): number {
  const middle = (each: number) => {
    const { column, row, span } = cellOf(size, each, columns)
    return { x: column + span / 2, y: row + span / 2 }
  }
  const from = middle(slot)
  let best = slot
  let least = Infinity
  for (let each = 0; each < size; each += 1) {
    const { x, y } = middle(each)
    const [ahead, aside] = {
      left: [from.x - x, from.y - y],
      right: [x - from.x, y - from.y],
      up: [from.y - y, from.x - x],
      down: [y - from.y, x - from.x],
    }[direction] as [number, number]
    const cost = ahead + 3 * Math.abs(aside)
    if (ahead > 0.25 && Math.abs(aside) < Math.max(ahead, 1) && cost < least) [best, least] = [each, cost]
  }
  return best
}

export function swapped<T>(tiles: readonly T[], a: number, b: number): T[] {
  const next = [...tiles]
  ;[next[a], next[b]] = [next[b]!, next[a]!]
  return next
}

export const pagesOf = (count: number, size: number) => Math.max(1, Math.ceil(count / size))

/** Round and round: the page after the last is the first. */
export const turned = (page: number, by: number, pages: number) => (((page + by) % pages) + pages) % pages

export const pageOf = <T>(all: readonly T[], page: number, size: number): T[] => all.slice(page * size, (page + 1) * size)

/** Whether a tile is the large one of its wall, which plays the main stream: one at a time, so that sixteen stay cheap. */
export function isLarge(size: WallSize, slot: number, isEnlarged: boolean, height_px: number): boolean {
  if (isEnlarged) return true
  return slot === 0 && (size === 1 || size === 6) && height_px >= 420
}

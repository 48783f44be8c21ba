export interface Tiling {
  columns: number
  rows: number
}

/** The grid that shows `count` 16:9 pictures largest inside a box; the box's caption height per tile is subtracted first. */
export function bestTiling(count: number, width_px: number, height_px: number, caption_px = 28): Tiling {
  let best: Tiling = { columns: 1, rows: count }
  let bestWidth = 0
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns)
    const width = Math.min(width_px / columns, ((height_px / rows - caption_px) * 16) / 9)
    if (width > bestWidth) {
      bestWidth = width
      best = { columns, rows }
    }
  }
  return best
}

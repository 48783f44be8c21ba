import { describe, expect, it } from 'vitest'
import { cellOf, isLarge, neighbour, pageOf, pagesOf, sizes, swapped, tilingOf, turned } from './arrangement'

describe('arrangement of the wall', () => {
  it('gives every tile cells of its own that together fill the square', () => {
    for (const size of sizes) {
      const { columns, rows } = tilingOf(size, 1600, 900, 0)
      const taken = new Set<string>()
      for (let slot = 0; slot < size; slot += 1) {
        const { column, row, span } = cellOf(size, slot, columns)
        for (let x = 0; x < span; x += 1) for (let y = 0; y < span; y += 1) taken.add(`${column + x}/${row + y}`)
      }
      expect(taken.size).toBe(columns * rows)
    }
  })

  it('makes the first of six four times as large as the others', () => {
    expect(cellOf(6, 0, 3)).toEqual({ column: 1, row: 1, span: 2 })
    expect([1, 2, 3, 4, 5].map((slot) => cellOf(6, slot, 3).span)).toEqual([1, 1, 1, 1, 1])
  })

  it('steps as the eye does and stops at the border', () => {
    expect(neighbour(4, 2, 0, 'right')).toBe(1)
    expect(neighbour(4, 2, 1, 'right')).toBe(1)
    expect(neighbour(4, 2, 1, 'down')).toBe(3)
    expect(neighbour(9, 3, 4, 'left')).toBe(3)
    expect(neighbour(16, 4, 15, 'up')).toBe(11)
  })

  it('steps to and from the large tile of six', () => {
    // Large at columns 1-2, rows 1-2; 1 and 2 on its right, 3, 4, 5 below.
    expect(neighbour(6, 3, 1, 'left')).toBe(0)
    expect(neighbour(6, 3, 4, 'up')).toBe(0)
    expect([1, 2]).toContain(neighbour(6, 3, 0, 'right'))
    expect([3, 4]).toContain(neighbour(6, 3, 0, 'down'))
    expect(neighbour(6, 3, 2, 'down')).toBe(5)
  })

  it('reaches every tile by arrows', () => {
    for (const size of sizes) {
      const { columns } = tilingOf(size, 1600, 900, 0)
      const seen = new Set([0])
      for (const slot of seen) for (const way of ['left', 'right', 'up', 'down'] as const) seen.add(neighbour(size, columns, slot, way))
      expect(seen.size).toBe(size)
    }
  })

  it('swaps two tiles and leaves the others', () => {
    expect(swapped(['a', 'b', null, 'd'], 0, 2)).toEqual([null, 'b', 'a', 'd'])
  })

  it('turns pages round and round', () => {
    expect(pagesOf(23, 16)).toBe(2)
    expect(pagesOf(0, 4)).toBe(1)
    expect(turned(1, 1, 2)).toBe(0)
    expect(turned(0, -1, 3)).toBe(2)
    expect(pageOf([1, 2, 3, 4, 5], 1, 4)).toEqual([5])
  })

  it('gives the main stream to one tile at most', () => {
    for (const size of sizes) {
      const large = Array.from({ length: size }, (_, slot) => isLarge(size, slot, false, 600)).filter(Boolean)
      expect(large.length).toBe(size === 1 || size === 6 ? 1 : 0)
    }
    expect(isLarge(1, 0, false, 260)).toBe(false)
    expect(isLarge(16, 7, true, 260)).toBe(true)
  })
})

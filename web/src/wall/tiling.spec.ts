import { describe, expect, it } from 'vitest'
import { bestTiling } from './tiling'

describe('tiling of the wall', () => {
  it('puts four pictures in a row in a flat drawer', () => {
    // 1200 x 240: one row gives 300 px wide, two rows only 213.
    expect(bestTiling(4, 1200, 240, 0)).toEqual({ columns: 4, rows: 1 })
  })

  it('stacks them two by two in a box of picture shape', () => {
    expect(bestTiling(4, 1600, 900, 0)).toEqual({ columns: 2, rows: 2 })
  })

  it('shows one picture as large as the box', () => {
    expect(bestTiling(1, 800, 600, 0)).toEqual({ columns: 1, rows: 1 })
  })
})

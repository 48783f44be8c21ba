import { describe, expect, it } from 'vitest'
import { formerOutline, shiftOf } from './shift'

const still = { right_deg: 0, up_deg: 0, roll_deg: 0, zoom: 1 }
const middleOf = (corners: { x: number; y: number }[]) => ({
  x: corners.reduce((sum, { x }) => sum + x, 0) / 4,
  y: corners.reduce((sum, { y }) => sum + y, 0) / 4,
})

describe('the sketch of a shift', () => {
  it('covers the picture where nothing moved', () => {
    expect(formerOutline(still, 60)).toEqual([
      { x: -0.5, y: -0.28125 }, { x: 0.5, y: -0.28125 }, { x: 0.5, y: 0.28125 }, { x: -0.5, y: 0.28125 },
    ])
  })

  it('lies at the left by half a width where the camera turned right by half its field', () => {
    expect(middleOf(formerOutline({ ...still, right_deg: 30 }, 60)).x).toBeCloseTo(-0.5)
  })

  it('lies below where the camera looks up', () => {
    expect(middleOf(formerOutline({ ...still, up_deg: 10 }, 60)).y).toBeGreaterThan(0.1)
  })

  it('is larger than the picture where the camera zoomed in', () => {
    const [first, second] = formerOutline({ ...still, zoom: 2 }, 60)
    expect(second!.x - first!.x).toBeCloseTo(2)
  })

  it('needs a measured turn', () => {
    expect(shiftOf({ matched: 3, right_deg: null, up_deg: null })).toBeNull()
    expect(shiftOf(undefined)).toBeNull()
    expect(shiftOf({ right_deg: 2, up_deg: 1, roll_deg: null, zoom: null })).toEqual({ right_deg: 2, up_deg: 1, roll_deg: 0, zoom: 1 })
  })
})

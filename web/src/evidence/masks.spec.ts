import { describe, expect, it } from 'vitest'
import { isOn, maskBetween, moved, pictureBox } from './masks'

describe('masks', () => {
  it('finds the picture between the bars of its element', () => {
    expect(pictureBox({ width: 800, height: 800 }, { width: 1600, height: 900 })).toEqual({ left: 0, top: 175, width: 800, height: 450 })
    expect(pictureBox({ width: 800, height: 225 }, { width: 1600, height: 900 })).toEqual({ left: 200, top: 0, width: 400, height: 225 })
  })

  it('takes the corners in any order and ends at the edge of the picture', () => {
    expect(maskBetween({ x: 0.5, y: 1.2 }, { x: -0.1, y: 0.25 })?.points).toEqual([[0, 0.25], [0.5, 0.25], [0.5, 1], [0, 1]])
  })

  it('takes a slip of the hand for none', () => {
    expect(maskBetween({ x: 0.5, y: 0.5 }, { x: 0.505, y: 0.9 })).toBeNull()
  })

  it('moves a mask no further than the edge', () => {
    const mask = maskBetween({ x: 0.1, y: 0.1 }, { x: 0.3, y: 0.3 })!
    expect(moved(mask, -0.5, 0.1).points[0]).toEqual([0, 0.2])
    expect(moved(mask, 0.9, 0).points[1]).toEqual([1, 0.1])
  })

  it('covers throughout unless times are given', () => {
    const mask = maskBetween({ x: 0, y: 0 }, { x: 1, y: 1 })!
    expect(isOn(mask, 1000)).toBe(true)
    expect(isOn({ ...mask, from_s: 2, to_s: 4 }, 1.9)).toBe(false)
    expect(isOn({ ...mask, from_s: 2, to_s: 4 }, 4)).toBe(true)
  })
})

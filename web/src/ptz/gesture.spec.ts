import { describe, expect, it } from 'vitest'
import { inPicture, pictureBox, pulled, zoomedAt } from './gesture'

const tile = { left: 100, top: 50, width: 400, height: 400 }

describe('a point of the tile', () => {
  it('counts from the middle of the picture, the letterbox left out', () => {
    const picture = pictureBox(tile, 16 / 9)
    expect(picture).toEqual({ left: 100, top: 137.5, width: 400, height: 225 })
    expect(inPicture(picture, { x: 300, y: 250 })).toEqual({ x: 0, y: 0 })
    expect(inPicture(picture, { x: 500, y: 137.5 })).toEqual({ x: 1, y: -1 })
  })
  it('ends at the edge of the picture', () => {
    expect(inPicture(pictureBox(tile, 16 / 9), { x: 300, y: 60 })).toEqual({ x: 0, y: -1 })
  })
})

describe('a drag', () => {
  it('brings what was grasped to where the hand lets go', () => {
    expect(pulled({ x: 0.5, y: 0 }, { x: 0, y: 0.25 })).toEqual({ dx: 0.5, dy: -0.25 })
  })
})

describe('the wheel', () => {
  it('leaves what is under the pointer in its place', () => {
    // Twice as narrow: the point at 0.5 stays at 0.5 when the middle moves by 0.25.
    expect(zoomedAt({ x: 0.5, y: -1 }, 2)).toEqual({ dx: 0.25, dy: -0.5, zoom: 2 })
    expect(zoomedAt({ x: 0.5, y: 0.25 }, 0.5)).toEqual({ dx: -0.5, dy: -0.25, zoom: 0.5 })
  })
})

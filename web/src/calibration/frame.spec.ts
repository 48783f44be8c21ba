import { describe, expect, it } from 'vitest'
import { fitted, panned, toPane, toPicture, zoomed } from './frame'

const pane = { width: 960, height: 600 }
const picture = { width: 1920, height: 1080 }

describe('the frame of a picture', () => {
  it('fits the whole picture, centred', () => {
    expect(fitted(pane, picture)).toEqual({ scale: 0.5, x: 0, y: 30 })
  })

  it('keeps the pixel under the pointer when it zooms', () => {
    const before = fitted(pane, picture)
    const at = { x: 480, y: 300 }
    const after = zoomed(before, at, 4, pane, picture)
    expect(after.scale).toBe(2)
    expect(toPicture(after, at, picture)).toEqual(toPicture(before, at, picture))
  })

  it('never zooms out beyond the whole, nor in beyond use', () => {
    const whole = fitted(pane, picture)
    expect(zoomed(whole, { x: 0, y: 0 }, 0.1, pane, picture)).toEqual(whole)
    expect(zoomed(whole, { x: 480, y: 300 }, 1000, pane, picture).scale).toBe(8)
  })

  it('never pans the picture out of the pane', () => {
    const near = zoomed(fitted(pane, picture), { x: 480, y: 300 }, 4, pane, picture)
    expect(panned(near, { x: 99_999, y: 99_999 }, pane, picture)).toEqual({ scale: 2, x: 0, y: 0 })
  })

  it('turns marks into pane points and back', () => {
    const frame = fitted(pane, picture)
    const mark = { u: 1201.5, v: 333 }
    expect(toPicture(frame, toPane(frame, mark), picture)).toEqual(mark)
    expect(toPicture(frame, { x: 10, y: 10 }, picture)).toBeNull()
  })
})

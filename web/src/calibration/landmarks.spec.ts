import { describe, expect, it } from 'vitest'
import { changed, isWhole, orderOf, pendingOf, withMark, withPlace, without, type Landmark } from './landmarks'

const at = { lon: 110.01, lat: 34.51 }
const accuracy = { place_error_m: 0.5, height_error_m: 0.3, landmark_error_m: 0.3, camera_height_m: null }
const picture = { url: 'blob:1', width_px: 1920, height_px: 1080, takenAt: '' }

function whole(count: number): Landmark[] {
  return Array.from({ length: count }, (_, i) => i).reduce<Landmark[]>((list, i) => withPlace(withMark(list, { u: i * 100, v: 50 }), at), [])
}

describe('landmarks', () => {
  it('are made of a mark and a place, whichever comes first', () => {
    const fromPicture = withPlace(withMark([], { u: 1, v: 2 }), at)
    const fromMap = withMark(withPlace([], at), { u: 1, v: 2 })
    expect(fromPicture).toEqual(fromMap)
    expect(fromPicture.every(isWhole)).toBe(true)
  })

  it('move the waiting half instead of beginning another', () => {
    const twice = withMark(withMark([], { u: 1, v: 2 }), { u: 3, v: 4 })
    expect(twice.map(({ mark }) => mark)).toEqual([{ u: 3, v: 4 }])
    expect(pendingOf(twice)?.id).toBe(1)
  })

  it('keep their identity when one before them goes', () => {
    expect(without(whole(3), 1).map(({ id }) => id)).toEqual([2, 3])
    expect(withMark(without(whole(3), 1), { u: 0, v: 0 }).at(-1)?.id).toBe(4)
  })

  it('change one by one', () => {
    expect(changed(whole(2), 2, { height_m: 4 }).map(({ height_m }) => height_m)).toEqual([0, 4])
  })

  it('are sent once four are whole, the waiting one left out', () => {
    expect(orderOf(whole(3), picture, 1, accuracy)).toBeNull()
    expect(orderOf(whole(4), null, 1, accuracy)).toBeNull()
    const order = orderOf(withMark(whole(4), { u: 5, v: 5 }), picture, 1, accuracy)
    expect(order?.landmarks).toHaveLength(4)
    expect(order?.landmarks[3]).toEqual({ u: 300, v: 50, ...at, height_m: 0 })
  })
})

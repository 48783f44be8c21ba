import { describe, expect, it } from 'vitest'
import { changed, markOf, orderOf, pendingOf, pixelOf, withPlace, withSeen, without, type Sighting } from './sightings'

const at = { pan: 0.1, tilt: -0.2, zoom: 0 }
const seen = { at, mark: { dx: 0.5, dy: 0 }, shot: 1 }
const place = { lon: 110, lat: 34.5 }

function whole(count: number): Sighting[] {
  return Array.from({ length: count }).reduce<Sighting[]>((list) => withPlace(withSeen(list, seen), place), [])
}

describe('landmarks of a head', () => {
  it('are seen first and placed then; the one that waits may be seen anew', () => {
    const twice = withSeen(withSeen([], seen), { ...seen, mark: { dx: 0, dy: 0 }, shot: null })
    expect(twice).toHaveLength(1)
    expect(pendingOf(twice)?.shot).toBeNull()
    expect(pendingOf(withPlace(twice, place))).toBeNull()
    expect(withPlace([], place)).toEqual([])
  })
  it('are sent once three are whole, each with the position it was seen at', () => {
    expect(orderOf(whole(2), 1)).toBeNull()
    const order = orderOf(withSeen(whole(3), seen), 0.5)
    expect(order?.sightings).toHaveLength(3)
    expect(order?.sightings[0]).toEqual({ ...at, dx: 0.5, dy: 0, ...place, height_m: 0 })
  })
  it('keep their identity when one goes', () => {
    const rest = changed(without(whole(3), 2), 3, { height_m: 4 })
    expect(rest.map(({ id, height_m }) => [id, height_m])).toEqual([[1, 0], [3, 4]])
    expect(withSeen(rest, seen).at(-1)?.id).toBe(4)
  })
})

it('a pixel of a still is a mark from its middle, and back', () => {
  expect(markOf({ u: 1440, v: 270 }, 1920, 1080)).toEqual({ dx: 0.5, dy: -0.5 })
  expect(pixelOf({ dx: 0.5, dy: -0.5 }, 1920, 1080)).toEqual({ u: 1440, v: 270 })
})

import { describe, expect, it } from 'vitest'
import { sketch } from './sketch'
import { isWorthKeeping, metresBetween, sideOf } from './thinning'

const at = (second: number, lat = 34.5) => ({ lon: 110, lat, at: new Date(second * 1000).toISOString() })
const rule = { least_m: 10, every_s: 15 }

describe('distance', () => {
  it('is that of the sphere: a degree of the meridian is 111,195 m', () => {
    expect(metresBetween({ lon: 110, lat: 34 }, { lon: 110, lat: 35 })).toBeCloseTo(111_195, 0)
  })
})

describe('the side', () => {
  it('is one of eight, a degree of longitude being shorter in the north', () => {
    const here = { lon: 110, lat: 60 }
    expect(sideOf(here, { lon: 110, lat: 61 })).toBe('n')
    // At 60 degrees two degrees of longitude are as long as one of latitude.
    expect(sideOf(here, { lon: 112, lat: 61 })).toBe('ne')
    expect(sideOf(here, { lon: 109, lat: 60 })).toBe('w')
    expect(sideOf(here, { lon: 110, lat: 59 })).toBe('s')
  })
})

describe('a position', () => {
  it('is kept when it is the first, when the unit moved, when time went by', () => {
    expect(isWorthKeeping(null, at(0), rule)).toBe(true)
    expect(isWorthKeeping(at(0), at(5), rule)).toBe(false)
    expect(isWorthKeeping(at(0), at(15), rule)).toBe(true)
    // 0.0001 degrees of latitude are 11.1 m.
    expect(isWorthKeeping(at(0), at(5, 34.5001), rule)).toBe(true)
  })

  it('is not kept twice for one instant, nor backwards', () => {
    expect(isWorthKeeping(at(10), at(10, 34.6), rule)).toBe(false)
    expect(isWorthKeeping(at(10), at(5, 34.6), rule)).toBe(false)
  })
})

describe('the sketch', () => {
  it('is to scale, north up, within its frame', () => {
    const drawn = sketch([{ coordinates: [[110, 34.5], [110, 34.51]], is_known: true }], [])
    // 1,112 m from bottom to top over 300 - 2 * 18 px: a bar of 200 m is 47.5 px.
    expect(drawn.legs[0]!.d).toBe('M170 282L170 18')
    expect(drawn.bar.m).toBe(200)
    expect(drawn.bar.px).toBeCloseTo((200 * 264) / 1111.95, 1)
  })

  it('draws a unit that stands still', () => {
    const drawn = sketch([{ coordinates: [[110, 34.5], [110, 34.5]], is_known: true }], [])
    expect(drawn.last).toEqual([170, 150])
  })
})

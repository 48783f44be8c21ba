import { describe, expect, it } from 'vitest'
import { begun, isDue, left_ms, paused, resumed, shouldWarm, turnedPage } from './tourClock'

describe('clock of a tour', () => {
  it('turns when the dwell has passed, once however late it is asked', () => {
    const clock = begun(10, 1000)
    expect(isDue(clock, 10_999)).toBe(false)
    expect(isDue(clock, 11_000)).toBe(true)
    const next = turnedPage(clock, 500_000)
    expect(left_ms(next, 500_000)).toBe(10_000)
    expect(isDue(next, 500_001)).toBe(false)
  })

  it('keeps what was left while it is paused', () => {
    const clock = paused(begun(10, 0), 4000)
    expect(left_ms(clock, 60_000)).toBe(6000)
    expect(isDue(clock, 60_000)).toBe(false)
    const on = resumed(clock, 60_000)
    expect(isDue(on, 65_999)).toBe(false)
    expect(isDue(on, 66_000)).toBe(true)
  })

  it('gives a page turned by hand its whole dwell and stays paused if it was', () => {
    expect(left_ms(turnedPage(begun(10, 0), 4000), 4000)).toBe(10_000)
    const held = turnedPage(paused(begun(10, 0), 4000), 5000)
    expect(left_ms(held, 9000)).toBe(10_000)
    expect(isDue(held, 99_000)).toBe(false)
  })

  it('asks for the next page three seconds ahead, and not while it is paused', () => {
    const clock = begun(10, 0)
    expect(shouldWarm(clock, 6999)).toBe(false)
    expect(shouldWarm(clock, 7000)).toBe(true)
    expect(shouldWarm(paused(clock, 8000), 8000)).toBe(false)
  })
})

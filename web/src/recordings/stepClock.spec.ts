import { describe, expect, it } from 'vitest'
import { StepClock, steer } from './stepClock'

describe('the clock of several replays', () => {
  it('moves at its speed while playing and stands while paused or held', () => {
    let page_ms = 0
    const clock = new StepClock(1_000_000, () => page_ms)
    page_ms = 500
    expect(clock.now_ms()).toBe(1_000_000)
    clock.play()
    page_ms = 1500
    expect(clock.now_ms()).toBe(1_001_000)
    clock.pace(4)
    page_ms = 2500
    expect(clock.now_ms()).toBe(1_005_000)
    clock.hold(true)
    page_ms = 9000
    expect(clock.now_ms()).toBe(1_005_000)
    clock.hold(false)
    page_ms = 9250
    expect(clock.now_ms()).toBe(1_006_000)
    clock.pause()
    page_ms = 20_000
    clock.move(5)
    expect(clock.now_ms()).toBe(5)
  })
})

describe('how a video follows the clock', () => {
  const video = { time_s: 10, ranges: [[5, 20] as [number, number]], target_s: 10, speed: 1, moves: true }

  it('asks for a picture it has not', () => {
    expect(steer({ ...video, target_s: 25 }).hasPicture).toBe(false)
  })

  it('makes up a little by speed, within what nobody notices', () => {
    const { rate, ...rest } = steer({ ...video, target_s: 10.05 })
    expect(rest).toEqual({ seekTo_s: null, hasPicture: true })
    expect(rate).toBeCloseTo(1.075)
    expect(steer({ ...video, target_s: 9.6, speed: 2 }).rate).toBeCloseTo(2 * 0.8)
  })

  it('seeks when it is far off, and to the very instant when it stands', () => {
    expect(steer({ ...video, target_s: 14 }).seekTo_s).toBe(14)
    expect(steer({ ...video, target_s: 10.04, moves: false }).seekTo_s).toBe(10.04)
  })
})

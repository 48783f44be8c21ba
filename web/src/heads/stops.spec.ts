import { expect, it } from 'vitest'
import { isSound, moved } from './stops'

const stops = [1, 2, 3].map((preset_id) => ({ preset_id, dwell_s: 20 }))

it('a stop moves by one place and stays at the ends', () => {
  expect(moved(stops, 0, 1).map(({ preset_id }) => preset_id)).toEqual([2, 1, 3])
  expect(moved(stops, 0, -1)).toBe(stops)
  expect(moved(stops, 2, 1)).toBe(stops)
})

it('a tour has a name, two stops at least, and stays five seconds at least', () => {
  expect(isSound({ id: null, name: '早巡', stops })).toBe(true)
  expect(isSound({ id: null, name: '', stops })).toBe(false)
  expect(isSound({ id: null, name: '早巡', stops: stops.slice(1, 2) })).toBe(false)
  expect(isSound({ id: null, name: '早巡', stops: [...stops, { preset_id: 1, dwell_s: 4 }] })).toBe(false)
})

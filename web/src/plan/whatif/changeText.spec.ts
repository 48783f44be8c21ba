import { expect, it } from 'vitest'
import type { Change } from '@/api/planning'
import { changeText } from './changeText'
import { isIdle, orderOf } from './orders'

const before: Change = { op: 'move', camera_id: 7, key: 'camera-7', lon: 110, lat: 34.5, height_m: 6, azimuth_deg: 90, fov_deg: 70, range_m: 60, tilt_deg: null, width_px: 1920 }

it('a change is told in figures, and silence means none', () => {
  expect(changeText(before, before)).toBe('')
  expect(changeText({ ...before, azimuth_deg: 135, height_m: 8 }, before)).toBe('90 → 135° · 6 → 8 m')
  expect(changeText({ ...before, lat: 34.5001 }, before)).toBe('11 m')
})

it('only what differs from today is sent of a moved camera', () => {
  expect(orderOf({ ...before, azimuth_deg: 135 }, before)).toEqual({ op: 'move', key: 'camera-7', camera_id: 7, azimuth_deg: 135 })
  expect(orderOf({ ...before, lon: 110.001 }, before)).toEqual({ op: 'move', key: 'camera-7', camera_id: 7, lon: 110.001, lat: 34.5 })
  expect(orderOf({ ...before, op: 'remove', azimuth_deg: 1 }, before)).toEqual({ op: 'remove', key: 'camera-7', camera_id: 7 })
})

it('a camera only looked at changes nothing', () => expect(isIdle(orderOf(before, before))).toBe(true))

it('all of a new camera is sent', () => {
  const added: Change = { ...before, op: 'add', camera_id: undefined, key: 'new-1' }
  expect(orderOf(added, undefined)).toEqual(added)
})

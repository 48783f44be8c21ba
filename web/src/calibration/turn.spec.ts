import { describe, expect, it } from 'vitest'
import type { Pose } from '@/api/types'
import { turned, turnOf } from './turn'

const pose: Pose = {
  sensor_no: 1, azimuth_deg: 90, azimuth_error_deg: 22.5, fov_deg: 70, fov_assumed: false, fov_error_deg: 1,
  range_m: 120, range_assumed: false, tilt_deg: 8, tilt_error_deg: 0.4, source: 'calibrated',
}

describe('a direction set by eye', () => {
  it('begins at the pose as it is, with the error of an eye', () => {
    expect(turnOf(pose)).toEqual({ azimuth_deg: 90, fov_deg: 70, error_deg: 5 })
    expect(turnOf({ ...pose, azimuth_deg: null, fov_deg: null })).toEqual({ azimuth_deg: 0, fov_deg: 60, error_deg: 5 })
  })

  it('changes the direction of its own sensor alone and says where it comes from', () => {
    const [first, second] = turned([pose, { ...pose, sensor_no: 2 }], 2, { azimuth_deg: 360, fov_deg: 70, error_deg: 4 })
    expect(first).toEqual(pose)
    expect(second).toMatchObject({ azimuth_deg: 0, azimuth_error_deg: 4, fov_error_deg: 1, tilt_deg: 8, source: 'drawn' })
  })

  it('gives a field that was widened the same error', () => {
    expect(turned([pose], 1, { azimuth_deg: 90, fov_deg: 80, error_deg: 6 })[0]).toMatchObject({ fov_deg: 80, fov_error_deg: 6 })
  })
})

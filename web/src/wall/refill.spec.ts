import { describe, expect, it } from 'vitest'
import { isOfCamera, nextInLine, rest_ms } from './refill'

const ranking = [1, 2, 3, 4].map((camera_id) => ({ camera_id, alive: camera_id === 3 ? false : null }))

describe('refilling the wall of an incident', () => {
  it('takes the best that is not shown, and none that is known to be dead', () => {
    expect(nextInLine(ranking, new Set([1]), new Map(), 0)?.camera_id).toBe(2)
    expect(nextInLine(ranking, new Set([1, 2]), new Map(), 0)?.camera_id).toBe(4)
  })

  it('lets one that failed rest before it is tried again', () => {
    const failed = new Map([[2, 1000]])
    expect(nextInLine(ranking, new Set([1]), failed, 1001)?.camera_id).toBe(4)
    expect(nextInLine(ranking, new Set([1]), failed, 1000 + rest_ms)?.camera_id).toBe(2)
  })

  it('says when nobody is left', () => {
    expect(nextInLine(ranking, new Set([1, 2, 4]), new Map(), 0)).toBeNull()
  })

  it('blames the camera for its own faults alone', () => {
    expect(isOfCamera('stream.camera_unreachable')).toBe(true)
    expect(isOfCamera('streams.not_enrolled')).toBe(true)
    expect(isOfCamera('stream.overloaded')).toBe(false)
    expect(isOfCamera('network.unreachable')).toBe(false)
    expect(isOfCamera('rights.missing')).toBe(false)
    expect(isOfCamera(null)).toBe(false)
  })
})

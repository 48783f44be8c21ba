import { describe, expect, it } from 'vitest'
import { lengthText, sizeText } from './lengths'

describe('lengths and sizes', () => {
  it('writes minutes and seconds, and hours where there are any', () => {
    expect([0, 9.4, 65, 3600, 3725].map(lengthText)).toEqual(['0:00', '0:09', '1:05', '1:00:00', '1:02:05'])
  })

  it('writes sizes in the unit a person would', () => {
    expect([0, 512, 2048, 8.3 * 1024 ** 2, 512 * 1024 ** 2, 50 * 1024 ** 3].map(sizeText)).toEqual(['0 B', '512 B', '2.0 KB', '8.3 MB', '512 MB', '50.0 GB'])
  })
})

import { describe, expect, it } from 'vitest'
import { lonLatText, parseLonLat } from './coordinates'

describe('coordinates as typed', () => {
  it('reads "lon,lat" with comma, blank, full-width comma or semicolon', () => {
    const at = { lon: 108.7312, lat: 34.0561 }
    for (const text of ['108.7312,34.0561', ' 108.7312, 34.0561 ', '108.7312 34.0561', '108.7312，34.0561', '108.7312;34.0561']) {
      expect(parseLonLat(text)).toEqual(at)
    }
  })

  it('turns round "lat,lon" only when no other order is possible', () => {
    expect(parseLonLat('34.0561,108.7312')).toEqual({ lon: 108.7312, lat: 34.0561 })
    // Both orders are possible here, so the first is the longitude.
    expect(parseLonLat('34,35')).toEqual({ lon: 34, lat: 35 })
  })

  it('believes hemisphere letters, western and southern being negative', () => {
    expect(parseLonLat('34.5N 108.5E')).toEqual({ lon: 108.5, lat: 34.5 })
    expect(parseLonLat('W73.5,S12.25')).toEqual({ lon: -73.5, lat: -12.25 })
    expect(parseLonLat('东经108.5，北纬34.5')).toEqual({ lon: 108.5, lat: 34.5 })
  })

  it('reads degrees, minutes and seconds', () => {
    // 108 + 43/60 + 52.32/3600 = 108.7312 ; 34 + 3/60 + 21.96/3600 = 34.0561
    const at = parseLonLat('108°43′52.32″, 34°3′21.96″')
    expect(at?.lon).toBeCloseTo(108.7312, 9)
    expect(at?.lat).toBeCloseTo(34.0561, 9)
  })

  it('refuses what is no place', () => {
    for (const text of ['', '108.73', 'abc,def', '190,34', '108,95', '1,2,3', '34N,35N', '108°61′,34']) expect(parseLonLat(text)).toBeNull()
  })

  it('writes six decimals', () => {
    expect(lonLatText({ lon: 108.7312, lat: 34.05614999 })).toBe('108.731200, 34.056150')
  })
})

import { describe, expect, it } from 'vitest'
import type { SightCamera } from '@/api/types'
import { sightLines } from './sightLines'

const place = { lon: 108.002, lat: 34 }
const camera = (more: Partial<SightCamera>): SightCamera => ({
  camera_id: 1, name: '', lon: 108, lat: 34, distance_m: 200, bearing_deg: 90, sight: 'certain', reason: 'sees', reason_text: '',
  reason_detail: {}, sensor_no: 1, pixels_per_m: null, density_band: null, alive: true, has_ptz: false, assumed: [], ...more,
})

describe('lines of sight', () => {
  it('draws one whole line to a place that is seen', () => {
    const [line, ...rest] = sightLines([camera({})], place).features
    expect(rest).toEqual([])
    expect(line?.properties).toEqual({ part: 'clear', sight: 'certain' })
    expect(line?.geometry).toEqual({ type: 'LineString', coordinates: [[108, 34], [108.002, 34]] })
  })

  it('breaks the line at the wall: 50 m of 200 m is a quarter of the way', () => {
    const blocked = camera({ sight: 'blocked', reason_detail: { blocked_at_m: 50 } })
    const [clear, dash, wall] = sightLines([blocked], place).features
    expect(clear?.properties?.part).toBe('clear')
    expect(dash?.properties?.part).toBe('dash')
    expect(wall?.geometry).toEqual({ type: 'Point', coordinates: [108.0005, 34] })
  })

  it('draws no line for a camera that merely looks elsewhere', () => {
    expect(sightLines([camera({ sight: 'blocked', reason: 'out_of_field' })], place).features).toEqual([])
  })

  it('draws nothing without a place', () => {
    expect(sightLines([camera({})], null).features).toEqual([])
  })
})

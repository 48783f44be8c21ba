import { expect, it } from 'vitest'
import { trackSums } from './trackSums'

it('sums known legs in metres and gaps in seconds', () => {
  const leg = (coordinates: number[][], is_known: boolean) => ({
    type: 'Feature' as const, properties: { from: '2026-03-05T04:00:00Z', to: '2026-03-05T04:10:00Z', is_known, points: coordinates.length }, geometry: { type: 'LineString' as const, coordinates },
  })
  // A thousandth of a degree north is 111.195 m on the sphere; the same east at 60 degrees north is half of it.
  const sums = trackSums({ type: 'FeatureCollection', features: [leg([[10, 60], [10, 60.001], [10.001, 60.001]], true), leg([[10, 60], [11, 60]], false)] })
  expect(sums.known_m).toBeCloseTo(111.195 * 1.5, 1)
  expect(sums).toMatchObject({ gaps: 1, gap_s: 600 })
  expect(trackSums(null)).toEqual({ known_m: 0, gaps: 0, gap_s: 0 })
})

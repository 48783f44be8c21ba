import { describe, expect, it } from 'vitest'
import { fixBefore, placeAt, placesAt, type ReplayTrack } from './replay'

// Heard at 0, 100 and 1000 s: the first leg is known, the second is a gap.
const track: ReplayTrack = { unit_id: 7, name: '东门组', kind: 'response', at_s: [0, 100, 1000], lon: [110, 110.01, 110.02], lat: [34.5, 34.52, 34.5], isKnown: [true, false] }

describe('replay', () => {
  it('finds the fix before a moment by halving', () => {
    expect([-1, 0, 50, 100, 999, 1000, 2000].map((at_s) => fixBefore(track.at_s, at_s))).toEqual([-1, 0, 0, 1, 1, 2, 2])
  })

  it('reckons places within a known leg', () => {
    expect(placeAt(track, 25)).toEqual({ lon: expect.closeTo(110.0025, 9) as number, lat: expect.closeTo(34.505, 9) as number, isKnown: true })
  })

  it('says of a gap only where the unit was last heard', () => {
    expect(placeAt(track, 900)).toEqual({ lon: 110.01, lat: 34.52, isKnown: false })
  })

  it('shows nothing before the first word and after the last', () => {
    expect(placeAt(track, -1)).toBeNull()
    expect(placeAt(track, 1001)).toBeNull()
    expect(placeAt(track, 1000)).toEqual({ lon: 110.02, lat: 34.5, isKnown: true })
    expect(placesAt([track], 500).features.map(({ properties }) => properties!.mark)).toEqual(['unit:response:silent:free'])
  })
})

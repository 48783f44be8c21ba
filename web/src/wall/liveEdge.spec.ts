import { describe, expect, it } from 'vitest'
import { correctionFor, target_s, type Playhead } from './liveEdge'

const at = (time_s: number, more: Partial<Playhead> = {}): Playhead => ({
  time_s,
  isSeeking: false,
  ranges: [[0, 10]],
  keyStarts_s: [0, 2, 4, 6, 8],
  ...more,
})

describe('live edge', () => {
  it('leaves the picture alone near the edge', () => {
    expect(correctionFor(at(9.9))).toEqual({ rate: 1, seekTo_s: null, trimBefore_s: null })
  })

  it('hurries gently when a little behind, and more when further behind', () => {
    expect(correctionFor(at(9.8)).rate).toBe(1.04)
    expect(correctionFor(at(9.6)).rate).toBe(1.15)
  })

  it('jumps to the edge beyond 450 ms', () => {
    expect(correctionFor(at(9.5)).seekTo_s).toBeCloseTo(10 - target_s, 9)
  })

  it('never seeks while seeking in what still grows', () => {
    expect(correctionFor(at(1, { isSeeking: true })).seekTo_s).toBeNull()
    expect(correctionFor(at(1.2, { isSeeking: true, ranges: [[0.08, 0.6], [1.2000001, 4]] })).seekTo_s).toBeNull()
  })

  it('gives up a seek into what ended before a gap: it waits for pictures that never come', () => {
    expect(correctionFor(at(0.52, { isSeeking: true, ranges: [[0.08, 0.6], [1.2, 4]] })).seekTo_s).toBeCloseTo(4 - target_s, 9)
  })

  it('leaves a gap behind by jumping into the newest range', () => {
    const correction = correctionFor(at(3, { ranges: [[0, 3], [5, 5.05]] }))
    // The range is shorter than the target delay, so its start is the place.
    expect(correction.seekTo_s).toBe(5)
  })

  it('does nothing without a buffer', () => {
    expect(correctionFor(at(0, { ranges: [] }))).toEqual({ rate: 1, seekTo_s: null, trimBefore_s: null })
  })

  it('cuts a buffer over twelve seconds at the last key frame that keeps eight', () => {
    // End 14, keep 8: nothing after 6 may go, and 6 is a key frame.
    expect(correctionFor(at(13.9, { ranges: [[0, 14]] })).trimBefore_s).toBe(6)
  })

  it('never cuts into the group of pictures being shown', () => {
    // One group of 60 s: its only key frame is the start of the buffer, so nothing may go.
    expect(correctionFor(at(29.9, { ranges: [[0, 30]], keyStarts_s: [0] })).trimBefore_s).toBeNull()
    // The next key frame passed lies inside the eight seconds; cutting there is all that is possible.
    expect(correctionFor(at(29.9, { ranges: [[0, 30]], keyStarts_s: [0, 25] })).trimBefore_s).toBe(25)
  })
})

import { describe, expect, it } from 'vitest'
import { Meter } from './meter'

describe('meter of a picture', () => {
  it('tells when the frame on screen arrived, not the last one that did', () => {
    const meter = new Meter()
    meter.appended(0, 1000, new Date(7))
    meter.appended(0.04, 1040, new Date(47))
    meter.appended(0.08, 1080, new Date(87))
    meter.arrived(10, 9000)
    expect(meter.shownAt(0.05)).toEqual({ arrived_ms: 1040, receivedAt: new Date(47) })
    // The picture stands still: the same frame, however often one asks.
    expect(meter.shownAt(0.05)!.arrived_ms).toBe(1040)
    expect(meter.shownAt(0.5)!.arrived_ms).toBe(1080)
  })

  it('knows nothing before the first frame and after a new time line', () => {
    const meter = new Meter()
    expect(meter.shownAt(0)).toBeNull()
    meter.appended(0, 1000, null)
    meter.restart()
    expect(meter.shownAt(3)).toBeNull()
  })

  it('counts bits over two seconds and more', () => {
    const meter = new Meter()
    expect(meter.kbps(0)).toBeNull()
    meter.arrived(125_000, 500)
    expect(meter.kbps(1000)).toBeNull()
    // 125,000 bytes = 1,000 kbit in 2 s.
    expect(meter.kbps(2000)).toBe(500)
    expect(meter.kbps(3000)).toBe(500)
    expect(meter.kbps(4000)).toBe(0)
  })

  it('keeps no endless list while the picture stands', () => {
    const meter = new Meter()
    for (let i = 0; i < 10_000; i += 1) meter.appended(i, i, null)
    expect(meter.shownAt(9_999)!.arrived_ms).toBe(9_999)
    expect(meter.shownAt(0)).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { isZoomed, panned, styleOf, whole, zoomedAt } from './zoom'

/** Where a point of the picture (shares from its middle) lies in the tile. */
const shown = (zoom: typeof whole, p: number, axis: 'x' | 'y') => p * zoom.scale + zoom[axis]

describe('digital zoom', () => {
  it('keeps what lies under the pointer there', () => {
    const zoom = zoomedAt(whole, 2, { x: 0.3, y: -0.2 })
    expect(shown(zoom, 0.3, 'x')).toBeCloseTo(0.3)
    expect(shown(zoom, -0.2, 'y')).toBeCloseTo(-0.2)
    const more = zoomedAt(zoom, 1.5, { x: -0.1, y: 0.4 })
    const under = (-0.1 - zoom.x) / zoom.scale
    expect(shown(more, under, 'x')).toBeCloseTo(-0.1)
  })

  it('never shows beyond the edge of the picture', () => {
    const zoom = panned(zoomedAt(whole, 2, { x: 0, y: 0 }), 5, -5)
    // At twice the size the left edge lies at -0.5 * 2 + 0.5 = -0.5: the tile's own edge.
    expect(shown(zoom, -0.5, 'x')).toBeCloseTo(-0.5)
    expect(shown(zoom, 0.5, 'y')).toBeCloseTo(0.5)
  })

  it('returns to the whole picture and goes no further than eightfold', () => {
    expect(zoomedAt(zoomedAt(whole, 4, { x: 0.5, y: 0.5 }), 0.01, { x: 0, y: 0 })).toEqual(whole)
    expect(zoomedAt(whole, 100, { x: 0, y: 0 }).scale).toBe(8)
    expect(isZoomed(whole)).toBe(false)
    expect(styleOf(whole)).toBe('')
  })
})

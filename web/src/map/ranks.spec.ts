import { describe, expect, it } from 'vitest'
import { layerAbove } from './ranks'

describe('drawing order', () => {
  it('puts a layer under the next one present', () => {
    expect(layerAbove('road-line', ['ground', 'camera-mark', 'grid-line'])).toBe('grid-line')
  })

  it('puts the highest on top', () => {
    expect(layerAbove('target-dot', ['ground', 'incident-mark'])).toBeUndefined()
  })

  it('refuses a layer nobody has ranked', () => {
    expect(() => layerAbove('surprise', [])).toThrow('surprise')
  })
})

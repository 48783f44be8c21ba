import { describe, expect, it } from 'vitest'
import { gapsIn, nextStart, shareOf, spanAt, spansOf, ticksOf } from './spans'

const minute = 60_000
const at = (n: number) => Date.UTC(2026, 10, 22, 8, n)
const spans = spansOf([
  { from: '2026-11-22T08:02:00Z', to: '2026-11-22T08:10:00Z' },
  { from: '2026-11-22T08:11:30Z', to: '2026-11-22T08:20:00Z' },
])
const range = { from_ms: at(0), to_ms: at(20) }

describe('spans of recordings', () => {
  it('knows in which span an instant lies, the end of a span belonging to none', () => {
    expect(spanAt(spans, at(5))).toEqual({ from_ms: at(2), to_ms: at(10) })
    expect(spanAt(spans, at(10))).toBeNull()
  })

  it('finds where it goes on after a gap, and that nothing follows the last', () => {
    expect(nextStart(spans, at(10))).toBe(at(11) + minute / 2)
    expect(nextStart(spans, at(20))).toBeNull()
  })

  it('shows what is missing before, between and after', () => {
    expect(gapsIn(spans, { from_ms: at(0), to_ms: at(25) })).toEqual([
      { from_ms: at(0), to_ms: at(2) },
      { from_ms: at(10), to_ms: at(11) + minute / 2 },
      { from_ms: at(20), to_ms: at(25) },
    ])
    expect(gapsIn([], range)).toEqual([range])
  })

  it('places an instant on the ruler, one outside at its end', () => {
    expect(shareOf(at(5), range)).toBe(0.25)
    expect(shareOf(at(90), range)).toBe(1)
  })

  it('marks round instants, few enough to be read', () => {
    const ticks = ticksOf(range, 10)
    expect(ticks.length).toBeLessThanOrEqual(11)
    expect(ticks.map((tick) => tick % (2 * minute))).toEqual(ticks.map(() => 0))
  })
})

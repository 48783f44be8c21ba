// What is recorded, as spans of true time in epoch milliseconds: where an instant lies, what comes next, how a ruler reads.

export interface Span {
  from_ms: number
  to_ms: number
}

/** In order and without overlap, as the server sends them. */
export function spansOf(rows: readonly { from: string; to: string }[]): Span[] {
  return rows.map(({ from, to }) => ({ from_ms: Date.parse(from), to_ms: Date.parse(to) }))
}

export const spanAt = (spans: readonly Span[], at_ms: number): Span | null => spans.find(({ from_ms, to_ms }) => from_ms <= at_ms && at_ms < to_ms) ?? null

/** When the next span begins after an instant that lies in none; null when nothing follows. */
export function nextStart(spans: readonly Span[], at_ms: number): number | null {
  return spans.find(({ from_ms }) => from_ms > at_ms)?.from_ms ?? null
}

/** What is missing between and around the spans of a range: what the ruler shows as a gap. */
export function gapsIn(spans: readonly Span[], range: Span): Span[] {
  const gaps: Span[] = []
  let at_ms = range.from_ms
  for (const { from_ms, to_ms } of spans) {
    if (from_ms > at_ms) gaps.push({ from_ms: at_ms, to_ms: Math.min(from_ms, range.to_ms) })
    at_ms = Math.max(at_ms, to_ms)
  }
  if (at_ms < range.to_ms) gaps.push({ from_ms: at_ms, to_ms: range.to_ms })
  return gaps
}

export const clamp = (at_ms: number, range: Span): number => Math.min(range.to_ms, Math.max(range.from_ms, at_ms))

export const shareOf = (at_ms: number, range: Span): number => (clamp(at_ms, range) - range.from_ms) / (range.to_ms - range.from_ms)

const steps_s = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400]

/** Round instants for a ruler's marks, at most so many; round in local time. */
export function ticksOf(range: Span, most: number): number[] {
  const length_s = (range.to_ms - range.from_ms) / 1000
  const step_ms = (steps_s.find((step_s) => length_s / step_s <= most) ?? 14400) * 1000
  const zone_ms = new Date(range.from_ms).getTimezoneOffset() * 60_000
  const ticks: number[] = []
  for (let at_ms = Math.ceil((range.from_ms - zone_ms) / step_ms) * step_ms + zone_ms; at_ms <= range.to_ms; at_ms += step_ms) ticks.push(at_ms)
  return ticks
}

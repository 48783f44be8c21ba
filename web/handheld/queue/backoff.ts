const longest_ms = 120_000

/** How long to wait after the nth failure: 1, 2, 4 s ... two minutes, spread so that phones do not come back as one. */
export function waitAfter(tries: number, random: () => number = Math.random): number {
  const whole = Math.min(longest_ms, 1000 * 2 ** (tries - 1))
  return whole * (0.75 + 0.25 * random())
}

// Calendar days as the API writes them, "2026-11-22"; a day begins on the site's clocks, and spans are whole days.

const day_ms = 86_400_000
const instantOf = (day: string) => Date.parse(`${day}T00:00:00Z`)

export const daysBetween = (from: string, to: string): number => Math.round((instantOf(to) - instantOf(from)) / day_ms)
export const dayAfter = (day: string, days: number): string => new Date(instantOf(day) + days * day_ms).toISOString().slice(0, 10)

/** The day it is here. */
export function dayOf(now: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

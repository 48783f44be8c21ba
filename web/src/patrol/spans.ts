// Periods the figures are asked for, reckoned from the present in local days.

export const spanNames = ['today', 'h24', 'd7'] as const
export type SpanName = (typeof spanNames)[number]

const hour_ms = 3_600_000

/** From the beginning of the period to the end of the present hour, so that the same question is asked all hour long. */
export function spanOf(name: SpanName, now: Date): { from: string; to: string } {
  const to = new Date(Math.ceil(now.getTime() / hour_ms) * hour_ms)
  const from = new Date(to)
  if (name === 'today') from.setTime(new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime())
  else from.setTime(to.getTime() - (name === 'h24' ? 24 : 168) * hour_ms)
  return { from: from.toISOString(), to: to.toISOString() }
}

/** Choices of the period, in days up to now. */
export const daysBack = [1, 7, 30, 90] as const

export function periodOf(days: number, now: Date): { from: string; to: string } {
  return { from: new Date(now.getTime() - days * 86_400_000).toISOString(), to: now.toISOString() }
}

// Weekdays and times of day as people read them; a band that ends no later than it begins runs past midnight.

export interface TimeBand {
  weekdays: number[]
  /** "HH:MM" or "HH:MM:SS", local. */
  begins: string
  ends: string
}

export const shortTime = (time: string) => time.slice(0, 5)

export const crossesMidnight = ({ begins, ends }: Pick<TimeBand, 'begins' | 'ends'>) => shortTime(ends) <= shortTime(begins)

/** Runs of three and more days are joined: 1 2 3 4 5 7 become [[1, 5], [7, 7]]. */
export function dayRuns(weekdays: number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const day of [...new Set(weekdays)].sort()) {
    const last = runs[runs.length - 1]
    if (last && last[1] === day - 1) last[1] = day
    else runs.push([day, day])
  }
  return runs.flatMap(([from, to]): [number, number][] => (to === from + 1 ? [[from, from], [to, to]] : [[from, to]]))
}

/** Hours between, counting past midnight. */
export function hoursOf({ begins, ends }: Pick<TimeBand, 'begins' | 'ends'>): number {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
  const span = minutes(ends) - minutes(begins)
  return (span > 0 ? span : span + 1440) / 60
}

// Ages and clock times. Words come from the locale; here only the choice of unit and the number.

export type AgeUnit = 'now' | 'second' | 'minute' | 'hour' | 'day'

export interface Age {
  unit: AgeUnit
  count: number
}

/** Age in the largest unit that keeps a whole number of at least one; under five seconds, and the future, are "now". */
export function ageOf(then: Date, now: Date): Age {
  const age_s = Math.floor((now.getTime() - then.getTime()) / 1000)
  if (age_s < 5) return { unit: 'now', count: 0 }
  if (age_s < 60) return { unit: 'second', count: age_s }
  if (age_s < 3600) return { unit: 'minute', count: Math.floor(age_s / 60) }
  if (age_s < 86400) return { unit: 'hour', count: Math.floor(age_s / 3600) }
  return { unit: 'day', count: Math.floor(age_s / 86400) }
}

const two = (n: number) => String(n).padStart(2, '0')

/** The local day, as the API takes days. */
export const dayOf = (at: Date) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`

export function clockTime(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** Local, 24 h; the year only when it is not the present one, so that rows stay short. */
export function dateTime(at: Date, now: Date): string {
  const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const year = at.getFullYear() === now.getFullYear() ? '' : `${at.getFullYear()}-`
  return `${year}${day} ${clockTime(at)}`
}

/** Local time in the name of a file: sorts by time, and holds nothing a file system refuses. */
export const fileStamp = (at: Date) => `${dayOf(at).replaceAll('-', '')}-${clockTime(at).replaceAll(':', '')}`

// How a unit stands on the map and in lists: on duty and heard, on duty and silent, or off duty.

import type { Unit, UnitPosition } from '@/api/units'

export const standings = ['heard', 'silent', 'off'] as const
export type Standing = (typeof standings)[number]

/** A phone that has sent nothing for this long is silent: where its unit is, is not known. */
export const silence_s = 300

export function ageOf_s(at: string | null | undefined, now: Date): number | null {
  return at ? Math.max(0, (now.getTime() - Date.parse(at)) / 1000) : null
}

export function standingOf({ on_duty, position }: { on_duty: boolean; position: Pick<UnitPosition, 'at'> | null }, now: Date): Standing {
  if (!on_duty) return 'off'
  const age_s = ageOf_s(position?.at, now)
  return age_s !== null && age_s <= silence_s ? 'heard' : 'silent'
}

const read = new Intl.Collator('zh')
export const byName = (a: Pick<Unit, 'name'>, b: Pick<Unit, 'name'>) => read.compare(a.name, b.name)

/** The heard first, then the silent, then those off duty; within each the order given. One pass: thousands move every second. */
export function inStandingOrder(units: Unit[], now: Date): Unit[] {
  const found: Record<Standing, Unit[]> = { heard: [], silent: [], off: [] }
  for (const unit of units) found[standingOf(unit, now)].push(unit)
  return [...found.heard, ...found.silent, ...found.off]
}

export function matchingUnits(units: Unit[], q: string): Unit[] {
  const wanted = q.trim().toLowerCase()
  if (!wanted) return units
  return units.filter(({ name, code, home_grids, skills }) =>
    [name, code, ...skills, ...home_grids.flatMap((grid) => [grid.name, grid.code])].some((text) => text.toLowerCase().includes(wanted)))
}

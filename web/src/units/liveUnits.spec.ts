import { describe, expect, it } from 'vitest'
import type { Unit } from '@/api/units'
import { diffOf, drawnUnits } from './liveUnits'

const now = new Date('2026-03-05T04:00:00Z')
const later = new Date('2026-03-05T05:00:00Z')
const unit = (id: number, lon: number, more: Partial<Unit> = {}): Unit => ({
  id, set_name: 'default', account: null, is_active: true, code: `U${id}`, name: `${id}组`, kind: 'response', vehicle: 'car', is_team: true, strength: 4, skills: [], home_grids: [], division_code: '610522101201', on_duty: true,
  duty_until: null, position: { lon, lat: 34.5, at: now.toISOString(), accuracy_m: 5, speed_mps: 0, age_s: 0 }, load: 0, version: 1, ...more,
})

describe('units on the map', () => {
  it('tells the map only of those that moved, came or went', () => {
    const before = drawnUnits([unit(1, 110), unit(2, 110.1), unit(3, 110.2)], now)
    const after = drawnUnits([unit(1, 110), unit(2, 110.11), unit(4, 110.3)], now)
    const diff = diffOf(before, after)!
    expect(diff.add!.map(({ id }) => id)).toEqual([2, 4])
    expect(diff.remove).toEqual([3])
    expect(diffOf(after, drawnUnits([unit(1, 110), unit(2, 110.11), unit(4, 110.3)], now))).toBeNull()
  })

  it('lets a mark change by time alone: who is not heard becomes silent', () => {
    const units = [unit(1, 110)]
    const diff = diffOf(drawnUnits(units, now), drawnUnits(units, later))!
    expect(diff.add!.map(({ properties }) => properties!.mark)).toEqual(['unit:response:silent:free'])
  })

  it('draws nobody whose place is not known', () => {
    expect(drawnUnits([unit(1, 110, { position: null })], now).size).toBe(0)
  })
})

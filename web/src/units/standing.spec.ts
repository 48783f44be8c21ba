import { describe, expect, it } from 'vitest'
import type { Unit } from '@/api/units'
import { byName, inStandingOrder, matchingUnits, silence_s, standingOf } from './standing'

const now = new Date('2026-03-05T04:00:00Z')
const heard = (age_s: number) => ({ lon: 110, lat: 34.5, at: new Date(now.getTime() - age_s * 1000).toISOString(), accuracy_m: 8, speed_mps: null, age_s })
const unit = (name: string, more: Partial<Unit> = {}): Unit => ({
  id: 1, set_name: 'default', account: null, is_active: true, code: 'U1', name, kind: 'grid_worker', vehicle: 'foot', is_team: false, strength: 1, skills: [], home_grids: [], division_code: '610522101201',
  on_duty: true, duty_until: null, position: heard(10), load: 0, version: 1, ...more,
})

describe('how a unit stands', () => {
  it('is silent once nothing came for longer than the limit, and when nothing ever came', () => {
    expect(standingOf(unit('甲', { position: heard(silence_s) }), now)).toBe('heard')
    expect(standingOf(unit('甲', { position: heard(silence_s + 1) }), now)).toBe('silent')
    expect(standingOf(unit('甲', { position: null }), now)).toBe('silent')
  })

  it('is off duty whatever its phone last said', () => {
    expect(standingOf(unit('甲', { on_duty: false }), now)).toBe('off')
  })

  it('puts the heard before the silent before those off duty, by reading within each', () => {
    const units = [unit('张', { on_duty: false }), unit('王', { position: null }), unit('赵'), unit('李')]
    expect(inStandingOrder(units.sort(byName), now).map(({ name }) => name)).toEqual(['李', '赵', '王', '张'])
  })

  it('is found by call sign, code, skill and home grid', () => {
    const units = [unit('东门组', { code: 'R7' }), unit('柳林二组', { skills: ['fire'] }), unit('三组', { home_grids: [{ id: 1, code: '001', name: '柳林第一网格' }] })]
    expect(matchingUnits(units, 'r7').map(({ name }) => name)).toEqual(['东门组'])
    expect(matchingUnits(units, '柳林').map(({ name }) => name)).toEqual(['柳林二组', '三组'])
    expect(matchingUnits(units, ' ')).toHaveLength(3)
  })
})

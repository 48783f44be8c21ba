import { describe, expect, it } from 'vitest'
import type { AlarmRule } from '@/api/alarms'
import { draftOf, missingOf, night, orderOf } from './hours'

const rule: AlarmRule = {
  id: 7, name: '夜间越界', division_code: '610522000000', kinds: ['motion'], camera_ids: null, grid_id: 5, grid_name: '柳林村南网格', place_kind: null,
  windows: [{ weekdays: [6, 7], begins: '22:00:00', ends: '06:00:00' }], quiet: [], outcome: 'incident', incident_kind: 'safety', severity: null,
  storm_count: 3, storm_window_s: 600, is_active: true, changed_by: '张', updated_at: '2026-11-20T04:00:00Z', version: 2,
}

describe('a rule in its form', () => {
  it('comes out as it went in', () => {
    const order = orderOf(draftOf(rule))
    expect(order).toMatchObject({ name: '夜间越界', kinds: ['motion'], camera_ids: null, grid_id: 5, place_kind: null, outcome: 'incident', incident_kind: 'safety', storm_count: 3, storm_window_s: 600 })
    expect(order.windows).toEqual([{ weekdays: [6, 7], begins: '22:00', ends: '06:00' }])
  })

  it('sends one scope only, whatever was filled in before', () => {
    const draft = { ...draftOf(rule), scope: 'place' as const, place_kind: ' school ', cameras: [{ id: 1, name: 'a' }] }
    expect(orderOf(draft)).toMatchObject({ camera_ids: null, grid_id: null, place_kind: 'school' })
  })

  it('leaves the kind of incident to rules that report one', () => {
    expect(orderOf({ ...draftOf(rule), outcome: 'note' }).incident_kind).toBeNull()
  })

  it('says what is missing, first things first', () => {
    const draft = draftOf(null)
    expect(missingOf(draft)).toBe('name')
    expect(missingOf({ ...draft, name: 'x', kinds: [] })).toBe('kinds')
    expect(missingOf({ ...draft, name: 'x', scope: 'cameras' })).toBe('cameras')
    expect(missingOf({ ...draft, name: 'x', quiet: [{ ...night(), weekdays: [] }] })).toBe('days')
    expect(missingOf({ ...draft, name: 'x', outcome: 'incident' })).toBe('incidentKind')
    expect(missingOf({ ...draft, name: 'x' })).toBeNull()
  })
})

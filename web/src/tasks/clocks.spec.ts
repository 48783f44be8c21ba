import { describe, expect, it } from 'vitest'
import type { Assignment, TaskRow } from '@/api/tasks'
import { boardOrder, clockOf, clockText, isOverdue, isUnheld, minutesOf, nextClock } from './clocks'

const now = new Date('2026-03-05T04:00:00Z')
const assignment = (more: Partial<Assignment>): Assignment => ({
  id: 1, task_id: 1, unit_id: 1, unit_code: 'R1', unit_name: '东门组', state: 'offered', offered_at: '2026-03-05T03:59:00Z', accepted_at: null, under_way_at: null, arrived_at: null, done_at: null,
  refused_at: null, timed_out_at: null, withdrawn_at: null, late_at: null, accept_by: '2026-03-05T04:02:00Z', arrive_by: '2026-03-05T04:10:00Z', travel_s: 240, travel_m: 900, travel_how: 'roads', arrival_proof: null, arrival_distance_m: null,
  result: null, version: 1, ...more,
})
const task = (number: string, more: Partial<TaskRow> = {}): TaskRow => ({
  id: 1, number, kind: 'other', title: '', text: '', severity: 'blue', state: 'open', progress: 'waiting', is_overdue: false, incident_id: null, incident_number: null, alert_id: null, division_code: '610522101201', lon: null, lat: null, place_text: null, grids: [], deadline_at: null, created_by: '', done_at: null, result: null, callouts: [],
  created_at: '2026-03-05T03:00:00Z', assignments: [], version: 1, ...more,
})

describe('clocks of an assignment', () => {
  it('wait for the answer first, then for the arrival, then for nothing', () => {
    expect(clockOf(assignment({}), now)).toEqual({ until: 'accept', due_at: '2026-03-05T04:02:00Z', left_s: 120 })
    expect(clockOf(assignment({ state: 'under_way' }), now)).toEqual({ until: 'arrive', due_at: '2026-03-05T04:10:00Z', left_s: 600 })
    for (const state of ['arrived', 'done', 'refused', 'timed_out', 'withdrawn'] as const) expect(clockOf(assignment({ state }), now)).toBeNull()
  })

  it('are written in minutes and seconds, with hours when there are any, and a sign once over', () => {
    expect(clockText(245)).toBe('4:05')
    expect(clockText(0)).toBe('0:00')
    expect(clockText(3725)).toBe('1:02:05')
    expect(clockText(-65)).toBe('+1:05')
    expect(minutesOf(20)).toBe(1)
    expect(minutesOf(330)).toBe(6)
  })

  it('of a task is the one that runs out first', () => {
    const both = task('T', { deadline_at: '2026-03-05T04:01:00Z', assignments: [assignment({})] })
    expect(nextClock(both, now)).toMatchObject({ until: 'finish', left_s: 60 })
    expect(isOverdue(both, new Date('2026-03-05T04:01:01Z'))).toBe(true)
    expect(isOverdue(task('T'), now)).toBe(false)
  })
})

describe('the board', () => {
  it('says when nobody has a task', () => {
    expect(isUnheld(task('T'))).toBe(true)
    expect(isUnheld(task('T', { assignments: [assignment({ state: 'refused' }), assignment({ state: 'timed_out' })] }))).toBe(true)
    expect(isUnheld(task('T', { assignments: [assignment({ state: 'arrived' })] }))).toBe(false)
    expect(isUnheld(task('T', { state: 'done' }))).toBe(false)
  })

  it('puts open before ended, red before yellow before blue, the newest first', () => {
    const tasks = [task('done red', { state: 'done', severity: 'red' }), task('old blue'), task('new blue', { created_at: '2026-03-05T03:30:00Z' }), task('red', { severity: 'red' })]
    expect(tasks.sort(boardOrder).map(({ number }) => number)).toEqual(['red', 'new blue', 'old blue', 'done red'])
  })
})

import { describe, expect, it } from 'vitest'
import type { Incident } from '@/api/types'
import { queueOrder } from './incidents'

const incident = (number: string, more: Partial<Incident>): Incident => ({
  id: 1, number, kind: 'fire', severity: 'blue', state: 'reported', lon: 108, lat: 34, place_id: null, place_text: null, division: null, grid: null,
  grids: [], description: '', reported_by: '研判员', reported_at: '2026-03-05T04:00:00Z', observed_at: null, closed_at: null, result: null, version: 1, ...more,
})

describe('order of the queue', () => {
  it('puts red before yellow before blue, the newest first within a colour, and ended ones last', () => {
    const queue = [
      incident('closed red', { severity: 'red', state: 'closed' }),
      incident('blue', {}),
      incident('old yellow', { severity: 'yellow' }),
      incident('new yellow', { severity: 'yellow', reported_at: '2026-03-05T05:00:00Z' }),
      incident('red', { severity: 'red' }),
    ]
    expect(queue.sort(queueOrder).map(({ number }) => number)).toEqual(['red', 'new yellow', 'old yellow', 'blue', 'closed red'])
  })
})

import { describe, expect, it } from 'vitest'
import { actsFrom, dutyAfter, stateAfter } from './overlay'
import type { Entry } from './records'

const steps = [
  { from_state: 'offered', act: 'accept', to_state: 'accepted', needs_text: false },
  { from_state: 'offered', act: 'refuse', to_state: 'refused', needs_text: true },
  { from_state: 'accepted', act: 'start', to_state: 'under_way', needs_text: false },
]
const entry = (more: Partial<Entry>) => ({ lane: 'assignment:7', kind: 'act', state: 'waiting', ...more }) as Entry

describe('what waits, laid over what was read', () => {
  it('takes the steps in order', () => {
    const waiting = [entry({ act: 'accept' }), entry({ act: 'start' }), entry({ act: 'start', lane: 'assignment:8' })]
    expect(stateAfter('offered', 'assignment:7', waiting, steps)).toEqual({ state: 'under_way', waiting: 2, isRefused: false })
    expect(actsFrom('offered', steps)).toEqual([
      { act: 'accept', needsText: false },
      { act: 'refuse', needsText: true },
    ])
  })

  it('goes no further than what was refused', () => {
    const waiting = [entry({ act: 'accept', state: 'refused' }), entry({ act: 'start' })]
    expect(stateAfter('offered', 'assignment:7', waiting, steps)).toEqual({ state: 'offered', waiting: 2, isRefused: true })
  })

  it('knows the duty by its last switch', () => {
    expect(dutyAfter(false, [])).toBe(false)
    expect(dutyAfter(false, [entry({ kind: 'duty', act: 'on' })])).toBe(true)
    expect(dutyAfter(true, [entry({ kind: 'duty', act: 'on' }), entry({ kind: 'duty', act: 'off' })])).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { actsFrom, dutyAfter, stateAfter, toldSince } from './overlay'
import type { Answer, Entry } from './records'

const steps = [
  { from_state: 'offered', act: 'accept', to_state: 'accepted', needs_text: false },
  { from_state: 'offered', act: 'refuse', to_state: 'refused', needs_text: true },
  { from_state: 'accepted', act: 'start', to_state: 'under_way', needs_text: false },
]
const entry = (more: Partial<Entry>) => ({ lane: 'assignment:7', kind: 'act', state: 'waiting', ...more }) as Entry
const answer = (more: Partial<Answer>) => ({ lane: 'assignment:7', kind: 'act', sentAt: 5, ...more }) as Answer

describe('what waits, laid over what was read', () => {
  it('takes the steps in order', () => {
    const waiting = [entry({ act: 'accept' }), entry({ act: 'start' }), entry({ act: 'start', lane: 'assignment:8' })]
    expect(stateAfter('offered', 'assignment:7', [], waiting, steps)).toEqual({ state: 'under_way', waiting: 2, isRefused: false })
    expect(actsFrom('offered', steps)).toEqual([
      { act: 'accept', needsText: false },
      { act: 'refuse', needsText: true },
    ])
  })

  it('keeps what was told to a server that has not been read since', () => {
    const told = [answer({ act: 'accept' }), answer({ act: 'start', lane: 'assignment:8' })]
    expect(stateAfter('offered', 'assignment:7', told, [], steps)).toEqual({ state: 'accepted', waiting: 0, isRefused: false })
    expect(stateAfter('accepted', 'assignment:7', told, [entry({ act: 'start' })], steps).state).toBe('under_way')
    expect(dutyAfter(false, [answer({ kind: 'duty', act: 'on' })], [])).toBe(true)
    expect(dutyAfter(false, [answer({ kind: 'duty', act: 'on' })], [entry({ kind: 'duty', act: 'off' })])).toBe(false)
  })

  it('knows what was told since from what the day was read with', () => {
    const told = [answer({ act: 'start', sentAt: 9 }), answer({ act: 'accept', sentAt: 6 }), answer({ act: 'refuse', sentAt: 4 })]
    expect(toldSince(told, 5).map((one) => one.act)).toEqual(['accept', 'start'])
  })

  it('goes no further than what was refused', () => {
    const waiting = [entry({ act: 'accept', state: 'refused' }), entry({ act: 'start' })]
    expect(stateAfter('offered', 'assignment:7', [], waiting, steps)).toEqual({ state: 'offered', waiting: 2, isRefused: true })
  })

  it('knows the duty by its last switch', () => {
    expect(dutyAfter(false, [], [])).toBe(false)
    expect(dutyAfter(false, [], [entry({ kind: 'duty', act: 'on' })])).toBe(true)
    expect(dutyAfter(true, [], [entry({ kind: 'duty', act: 'on' }), entry({ kind: 'duty', act: 'off' })])).toBe(false)
  })
})

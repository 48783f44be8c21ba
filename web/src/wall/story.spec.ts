import { describe, expect, it } from 'vitest'
import { heard, nobody, silence_ms, standing, type Message, type Story } from './story'

const story = (title: string): Story => ({ title, isPending: false, ranked: null, size: 4, tiles: [] })
const state = (from: string, activeAt: number, told: Story | null): Message => ({ type: 'state', from, activeAt, story: told })

describe('the second window', () => {
  it('waits, follows, and says when the first window is gone', () => {
    let now = nobody()
    expect(standing(now, 0)).toBe('waiting')
    now = heard(now, state('a', 1, story('火情')), 100)
    expect(standing(now, 200)).toBe('following')
    now = heard(now, { type: 'bye', from: 'a' }, 300)
    expect(standing(now, 300)).toBe('gone')
    expect(now.story?.title).toBe('火情')
  })

  it('says when the first window does not answer any more', () => {
    const now = heard(nobody(), state('a', 1, story('x')), 0)
    expect(standing(now, silence_ms)).toBe('following')
    expect(standing(now, silence_ms + 1)).toBe('silent')
    expect(standing(heard(now, state('a', 1, story('x')), 9000), 9001)).toBe('following')
  })

  it('follows the window used last, if it shows something', () => {
    let now = heard(nobody(), state('a', 10, story('甲')), 0)
    now = heard(now, state('b', 20, null), 1)
    expect(now.leader).toBe('a')
    now = heard(now, state('c', 5, story('丙')), 2)
    expect(now.leader).toBe('a')
    now = heard(now, state('b', 20, story('乙')), 3)
    expect(now.leader).toBe('b')
    expect(heard(now, { type: 'bye', from: 'a' }, 4).isGone).toBe(false)
  })

  it('keeps its pictures when the first window is loaded anew, and clears them when that closes its wall', () => {
    let now = heard(nobody(), state('a', 1, story('x')), 0)
    now = heard(heard(now, { type: 'bye', from: 'a' }, 1), state('b', 2, null), 2)
    expect([now.leader, now.story?.title]).toEqual(['b', 'x'])
    now = heard(heard(now, state('b', 2, story('y')), 3), state('b', 2, null), 4)
    expect(now.story).toBeNull()
    expect(standing(now, 4)).toBe('waiting')
  })
})

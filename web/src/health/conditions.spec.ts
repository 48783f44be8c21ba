import { describe, expect, it } from 'vitest'
import { evidenceText, faulty, offsetText, toneOf } from './conditions'

const t = (key: string, values: Record<string, unknown> = {}) => `${key.split('.').at(-1)}${Object.values(values).map((v) => ` ${v}`).join('')}`

describe('the evidence of a condition', () => {
  it('names the parts of a turn that count, and its error', () => {
    const figures = { right_deg: 7.51, up_deg: -2.04, roll_deg: 0.1, zoom: 1.002, error_deg: 0.1 }
    expect(evidenceText('moved', { answer: 'yes', figures }, t)).toBe('right 7.5°anddown 2.0° ±0.2°')
  })

  it('says why there is no figure', () => {
    expect(evidenceText('moved', { answer: 'cannot_tell', reason: 'too_few_features', figures: {} }, t)).toBe('too_few_features')
    expect(evidenceText('moved', { answer: 'yes', reason: 'nothing_in_common', figures: { right_deg: null } }, t)).toBe('nothing_in_common')
    expect(evidenceText(null, null, t)).toBe('')
  })

  it('counts what stayed in its place', () => {
    expect(evidenceText('moved', { answer: 'no', figures: { stayed: 80, matched: 96 } }, t)).toBe('same 80 96')
  })

  it('tells shares and levels of the others', () => {
    expect(evidenceText('covered', { answer: 'yes', figures: { lost_share: 0.934 } }, t)).toBe('covered 93 %')
    expect(evidenceText('frozen', { answer: 'yes', figures: { still_looks: 4 } }, t)).toBe('frozen 4')
  })
})

describe('a clock', () => {
  it.each([[0.42, 'seconds +0.4'], [-45, 'seconds −45'], [600, 'minutes +10'], [-9000, 'hours −2.5']])('is off by %s s', (offset_s, words) => {
    expect(offsetText(offset_s, t)).toBe(words)
  })
})

it('gives no colour to what nobody knows', () => {
  expect([toneOf('unknown'), toneOf('untried'), toneOf('moved'), toneOf('dead'), toneOf('in_order')]).toEqual(['', '', 'warn', 'bad', 'good'])
  expect(faulty({ moved: 2, dead: 3, in_order: 500, unknown: 9 })).toBe(5)
})

import { describe, expect, it } from 'vitest'
import { ruleText } from './alertWords'

const words = (path: string, values: Record<string, unknown> = {}) => `${path} ${JSON.stringify(values)}`

describe('the words of an alert', () => {
  it('give spans in minutes and shares in percent', () => {
    const alert = { rule: 'interval.broken', detail: { interval_s: 5400, visited_share: 0.375, name: '夜巡', last: null } }
    expect(ruleText(alert, words, () => true)).toBe('alert.rules.interval_broken {"interval":90,"visited_share":"38 %","name":"夜巡","last":"–"}')
  })

  it('are those of the part that decides, whether it is due or broken', () => {
    expect(ruleText({ rule: 'times.due', detail: { times: 1 } }, words, (path) => path === 'alert.rules.times')).toBe('alert.rules.times {"times":1}')
  })

  it('are the code where the locale has none', () => {
    expect(ruleText({ rule: 'site.own', detail: {} }, words, () => false)).toBe('site.own')
  })
})

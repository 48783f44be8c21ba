import { describe, expect, it } from 'vitest'
import { numbersOf, rangesOf } from './wishes'

describe('what is typed as a list', () => {
  it('takes Chinese and Western separators', () => {
    expect(rangesOf('10.1.2.0/24，10.1.3.4 ~ 10.1.3.9；10.1.4.1')).toEqual(['10.1.2.0/24', '10.1.3.4-10.1.3.9', '10.1.4.1'])
    expect(rangesOf('  ')).toEqual([])
  })

  it('keeps whole positive numbers alone', () => {
    expect(numbersOf('80、8080 x 0 -1 2.5')).toEqual([80, 8080])
  })
})

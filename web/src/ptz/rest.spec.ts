import { expect, it } from 'vitest'
import { restText } from './rest'

it.each([
  [0, '0:00'],
  [-5000, '0:00'],
  [900, '0:01'],
  [61_000, '1:01'],
  [600_000, '10:00'],
])('of %i ms %s is left', (rest_ms, text) => {
  expect(restText(rest_ms)).toBe(text)
})

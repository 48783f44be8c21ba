import { describe, expect, it } from 'vitest'
import { ageOf, clockTime, dateTime, dayOf, fileStamp } from './age'

const now = new Date(2026, 2, 5, 12, 3, 22)
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000)

describe('age', () => {
  it('takes the largest unit that holds at least one', () => {
    expect(ageOf(before(59), now)).toEqual({ unit: 'second', count: 59 })
    expect(ageOf(before(60), now)).toEqual({ unit: 'minute', count: 1 })
    expect(ageOf(before(3599), now)).toEqual({ unit: 'minute', count: 59 })
    expect(ageOf(before(7200), now)).toEqual({ unit: 'hour', count: 2 })
    expect(ageOf(before(3 * 86400 + 5), now)).toEqual({ unit: 'day', count: 3 })
  })

  it('calls the last five seconds, and a clock running ahead, now', () => {
    expect(ageOf(before(4), now).unit).toBe('now')
    expect(ageOf(before(-30), now).unit).toBe('now')
  })

  it('writes the local clock with two digits each and the year only when it differs', () => {
    expect(clockTime(now)).toBe('12:03:22')
    expect(dayOf(new Date(2026, 2, 5, 0, 0, 1))).toBe('2026-03-05')
    expect(dateTime(now, now)).toBe('03-05 12:03:22')
    expect(dateTime(new Date(2025, 11, 31, 0, 0, 5), now)).toBe('2025-12-31 00:00:05')
  })

  it('names files by the local second', () => {
    expect(fileStamp(now)).toBe('20260305-120322')
  })
})

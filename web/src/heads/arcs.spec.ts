import { describe, expect, it } from 'vitest'
import { draftAt, isSound, middleOf, turnedTo, widenedTo, widthOf } from './arcs'

const mask = { name: '窗口', from_deg: 350, to_deg: 20, top_deg: -90, bottom_deg: 90 }

describe('a masked sector', () => {
  it('runs clockwise across north', () => {
    expect([widthOf(mask), middleOf(mask)]).toEqual([30, 5])
    expect(widthOf({ from_deg: 10, to_deg: 10 })).toBe(360)
  })
  it('turns and widens about its middle', () => {
    expect(turnedTo(mask, 100)).toMatchObject({ from_deg: 85, to_deg: 115 })
    expect(widenedTo(mask, 60)).toMatchObject({ from_deg: 335, to_deg: 35 })
  })
  it('begins thirty degrees wide where the head looks', () => {
    expect(draftAt(10, 'a')).toEqual({ name: 'a', from_deg: 355, to_deg: 25, top_deg: -90, bottom_deg: 90 })
  })
  it('has a name and edges that can be', () => {
    expect(isSound(mask)).toBe(true)
    expect(isSound({ ...mask, name: ' ' })).toBe(false)
    expect(isSound({ ...mask, from_deg: Number.NaN })).toBe(false)
    expect(isSound({ ...mask, top_deg: 20, bottom_deg: 10 })).toBe(false)
  })
})

import { expect, it } from 'vitest'
import { reasonsOf } from './reasons'

const words = (reasons: Record<string, unknown>) => reasonsOf(reasons, (code) => `<${code}>`, '、').map(({ text }) => text)

it('a proposal tells what it sees, places first, and nothing that is nothing', () => {
  expect(words({ road_m: { street: 82.4, lane: 0.3, town: 120 }, key_places: ['柳林小学', '卫生院'], incidents: 3, population: 0 })).toEqual(
    ['柳林小学、卫生院', '3', '<town> 120 m、<street> 82 m'])
})

it('other shapes of the same facts are understood', () => {
  expect(words({ key_places: [{ id: 4, name: '柳林小学' }], road_m: 55 })).toEqual(['柳林小学', '55 m'])
  expect(words({})).toEqual([])
})

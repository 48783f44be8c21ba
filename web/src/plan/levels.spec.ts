import { expect, it } from 'vitest'
import { levelOf } from './levels'

it('levels follow from the code', () => {
  expect(['610000000000', '610500000000', '610522000000', '610522101000', '610522101201'].map(levelOf)).toEqual(
    ['province', 'city', 'county', 'township', 'village'])
})

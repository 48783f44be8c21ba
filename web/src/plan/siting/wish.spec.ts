import { describe, expect, it } from 'vitest'
import { blankForm, faultOf, wishOf } from './wish'

describe('a siting order', () => {
  it('is whole as the form comes', () => expect(faultOf(blankForm())).toBeNull())

  it('names the first thing missing', () => {
    expect(faultOf({ ...blankForm(), sources: [] })).toBe('needSource')
    expect(faultOf({ ...blankForm(), lenses: [] })).toBe('needLens')
    expect(faultOf({ ...blankForm(), where: 'drawn' })).toBe('needArea')
    expect(faultOf({ ...blankForm(), by: 'cost', cost: 0 })).toBe('needBudget')
  })

  it('prices sites only when the budget is money', () => {
    expect(wishOf(blankForm(), 'outline')).not.toHaveProperty('costs')
    const priced = wishOf({ ...blankForm(), by: 'cost', sources: ['poles'] }, 'outline')
    expect([priced.budget, priced.costs]).toEqual([{ cost: 200_000 }, { poles: 8000 }])
  })

  it('weighs roads by class, scaled by one slider', () => {
    expect(wishOf({ ...blankForm(), roads: 2 }, 'outline').weights?.road_class?.national).toBe(6)
  })
})

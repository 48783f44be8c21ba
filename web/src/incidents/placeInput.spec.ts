import { describe, expect, it } from 'vitest'
import { directPlace, placeFields, placeOf } from './placeInput'

describe('place of a report', () => {
  it('takes coordinates as a point', () => {
    const place = directPlace('108.7312,34.0561')
    expect(place && placeFields(place)).toEqual({ lon: 108.7312, lat: 34.0561 })
  })

  it('takes a code of fifteen digits as a grid', () => {
    const place = directPlace('699901100001003')
    expect(place && placeFields(place)).toEqual({ grid_code: '699901100001003' })
  })

  it('leaves names to the search', () => {
    expect(directPlace('云溪中学')).toBeNull()
    expect(directPlace('12')).toBeNull()
  })

  it('names a found place by its id', () => {
    const found = { kind: 'place' as const, id: '7', title: '云溪中学', subtitle: '', lon: 108, lat: 34 }
    expect(placeFields(placeOf(found))).toEqual({ place_id: 7 })
  })
})

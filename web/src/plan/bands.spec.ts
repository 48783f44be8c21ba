import { describe, expect, it } from 'vitest'
import type { Band, BandCode, FigureRow } from '@/api/planning'
import { amountText, borderText, classBorders, counterpart, matchingRows, pointsText, shareText, sortedRows } from './bands'

const band = (code: BandCode, certain_share: number | null): Band => ({
  code, px_per_m: 40, scale: 'iec', total: 100, certain: 0, possible: 0, one: 0, more: 0, none: 0,
  certain_share, possible_share: 0, one_share: 0, more_share: 0, none_share: certain_share === null ? null : 1 - certain_share,
})
const row = (name: string, share: number | null, code = name): FigureRow => ({
  subject_kind: 'grid', subject_id: 1, code, name, division_code: '610522101201', division_name: '柳林村', lon: 110, lat: 34.5,
  bbox: [110, 34.5, 110.1, 34.6], total: 100, bands: [band('outline', share)], method: 'exact', computed_at: '2026-11-22T01:00:00Z',
})
const names = (rows: FigureRow[]) => rows.map(({ name }) => name)

describe('shares in words', () => {
  it('keep two telling figures', () => {
    expect([0, 0.00434, 0.0712, 0.634, 1].map(shareText)).toEqual(['0 %', '0.43 %', '7.1 %', '63 %', '100 %'])
  })

  it('never round up to all nor down to nothing', () => {
    expect(shareText(0.9996)).toBe('99.9 %')
    expect(shareText(0.00001)).toBe('<0.01 %')
  })

  it('show the unknown as unknown', () => expect(shareText(null)).toBe('–'))

  it('write changes in percentage points with a sign', () => {
    expect([pointsText(0.1, 0.126), pointsText(0.1, 0.0975), pointsText(0.1, 0.1), pointsText(null, 1)]).toEqual(['+2.6', '−0.25', '±0', '–'])
  })

  it('give amounts in the unit of their measure', () => {
    expect([amountText(8123, 'area'), amountText(2_340_000, 'area'), amountText(84, 'road'), amountText(12_300, 'outline')]).toEqual(
      ['8,123 m²', '2.34 km²', '84 m', '12.3 km'])
  })
})

describe('the table of subjects', () => {
  const rows = [row('柳林村第10网格', 0.1), row('柳林村第2网格', null), row('桃源村第1网格', 0.3)]

  it('sorts by a rate both ways and leaves the unknown at the end', () => {
    expect(names(sortedRows(rows, 'outline', true, 'outline'))).toEqual(['桃源村第1网格', '柳林村第10网格', '柳林村第2网格'])
    expect(names(sortedRows(rows, 'outline', false, 'outline'))).toEqual(['柳林村第10网格', '桃源村第1网格', '柳林村第2网格'])
  })

  it('counts numbers in names as numbers', () => {
    expect(names(sortedRows(rows, 'name', false, 'outline'))[0]).toBe('柳林村第2网格')
  })

  it('sorts by what nobody sees at the chosen band', () => {
    expect(names(sortedRows(rows, 'none', true, 'outline'))[0]).toBe('柳林村第10网格')
  })

  it('is narrowed by name, code or division', () => {
    expect(names(matchingRows(rows, '桃源'))).toEqual(['桃源村第1网格'])
    expect(matchingRows(rows, '柳林村')).toHaveLength(3)
  })
})

describe('classes of the fill', () => {
  it('are round and reach to what most grids have', () => {
    expect(classBorders([0.01, 0.02, 0.04, 0.06, 0.09])).toEqual([0.02, 0.04, 0.06, 0.08])
  })

  it('are fifths when grids are seen wholly, and when nothing is known', () => {
    expect(classBorders([0.2, 1, 1])).toEqual([0.2, 0.4, 0.6, 0.8])
    expect(classBorders([null])).toEqual([0.2, 0.4, 0.6, 0.8])
  })

  it('ignore one bright grid among a hundred dark ones', () => {
    expect(classBorders([...Array<number>(99).fill(0.05), 0.9])).toEqual([0.01, 0.02, 0.03, 0.04])
  })

  it('are written without needless digits', () => expect([0.05, 0.0025, 0.2].map(borderText)).toEqual(['5', '0.25', '20']))
})

it('the other scale takes over at the same rung', () => {
  expect(counterpart('discern', 'dori')).toBe('recognise')
  expect(counterpart('detect', 'iec')).toBe('overview')
})

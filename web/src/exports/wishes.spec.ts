import { describe, expect, it } from 'vitest'
import type { ExportKind } from '@/api/exports'
import { datumOf, encodingsOf, orderOf, usualEncoding, zonesOf, type Wish } from './wishes'

const grids: ExportKind = { kind: 'grids', title: '网格', has_shape: true, formats: ['shp', 'gpkg'], by_day: true, by_span: false, has_sets: true }
const visits: ExportKind = { kind: 'visits', title: '巡防到访', has_shape: false, formats: ['xlsx', 'csv'], by_day: false, by_span: true, has_sets: true }
const wish: Wish = { kind: 'grids', format: 'shp', datum: 'gcj02', encoding: 'gbk', set_name: '', at: '', since: '2026-01-01', until: '', chinese_names: false, purpose: ' 移交 ' }

describe('wishes', () => {
  it('leave a choice of encodings where the format does', () => {
    expect(encodingsOf('shp')[0]).toBe('gbk')
    expect(encodingsOf('csv')).toContain(usualEncoding('csv'))
    expect(encodingsOf('gpkg')).toEqual(['utf-8'])
  })

  it('name zones as the server knows them', () => {
    expect(datumOf('cgcs2000-zone', '37')).toBe('cgcs2000-zone37')
    expect(datumOf('cgcs2000-cm', '')).toBe('cgcs2000-cm')
    expect(datumOf('gcj02', '37')).toBe('gcj02')
    expect([zonesOf('cgcs2000-zone').at(-1), zonesOf('cgcs2000-cm').at(-1)]).toEqual([45, 135])
  })

  it('ask only for what the kind knows', () => {
    expect(orderOf(wish, grids)).toEqual({ kind: 'grids', format: 'shp', datum: 'gcj02', encoding: 'gbk', chinese_names: false, purpose: '移交' })
    expect(orderOf({ ...wish, kind: 'visits' }, visits)).toMatchObject({ datum: 'cgcs2000', since: '2026-01-01' })
  })
})

// What may be chosen together when a file is asked for.

import type { ExportEncoding, ExportFormat, ExportKind, ExportOrder } from '@/api/exports'

export interface Wish {
  kind: ExportKind['kind']
  format: ExportFormat
  datum: string
  encoding: ExportEncoding
  set_name: string
  at: string
  since: string
  until: string
  chinese_names: boolean
  purpose: string
}

const byDefault: Record<ExportFormat, ExportEncoding> = { shp: 'gbk', gpkg: 'utf-8', geojson: 'utf-8', csv: 'utf-8', xlsx: 'utf-8' }

/** Only a shapefile's table and CSV leave a choice; the others are UTF-8 by their own standard. */
export const encodingsOf = (format: ExportFormat): ExportEncoding[] =>
  format === 'shp' ? ['gbk', 'gb18030', 'utf-8'] : format === 'csv' ? ['utf-8', 'gbk', 'gb18030'] : ['utf-8']

export const usualEncoding = (format: ExportFormat): ExportEncoding => byDefault[format]

/** The name of a zone as the server takes it: a family with a number, or the family alone for the one of the data. */
export const datumOf = (family: string, number: string) => (family.startsWith('cgcs2000-') && number ? `${family}${number}` : family)

export const zonesOf = (family: string): number[] =>
  Array.from({ length: 21 }, (_, index) => (family === 'cgcs2000-zone' ? 25 + index : 75 + 3 * index))

/** Fields that the kind has no use for are left out, and so are blank ones. */
export function orderOf(wish: Wish, kind: ExportKind): ExportOrder {
  return {
    kind: wish.kind,
    format: wish.format,
    datum: kind.has_shape ? wish.datum : 'cgcs2000',
    encoding: wish.encoding,
    chinese_names: wish.chinese_names,
    purpose: wish.purpose.trim(),
    ...(kind.has_sets && wish.set_name ? { set_name: wish.set_name } : {}),
    ...(kind.by_day && wish.at ? { at: wish.at } : {}),
    ...(kind.by_span && wish.since ? { since: wish.since } : {}),
    ...(kind.by_span && wish.until ? { until: wish.until } : {}),
  }
}

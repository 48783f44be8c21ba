import type { SearchResult } from '@/api/types'
import { parseLonLat, type LonLat } from '@/format/coordinates'

/** How the place of a report is known; the server finds division and grid from any of them. */
export type ReportPlace =
  | { by: 'point'; at: LonLat; title: string | null }
  | { by: 'grid'; code: string; title: string; at: LonLat | null }
  | { by: 'place'; id: number; title: string; at: LonLat | null }

/** What was typed, when it needs no search: coordinates, or a grid code (digits alone, at least nine). */
export function directPlace(text: string): ReportPlace | null {
  const at = parseLonLat(text)
  if (at) return { by: 'point', at, title: null }
  const code = text.trim()
  return /^\d{9,20}$/.test(code) ? { by: 'grid', code, title: code, at: null } : null
}

export function placeOf(result: SearchResult): ReportPlace {
  const at = { lon: result.lon, lat: result.lat }
  const id = Number(result.id)
  if (result.kind === 'place' && Number.isInteger(id) && id > 0) return { by: 'place', id, title: result.title, at }
  if (result.kind === 'grid' && result.subtitle && /^\d{9,20}$/.test(result.subtitle)) {
    return { by: 'grid', code: result.subtitle, title: result.title, at }
  }
  return { by: 'point', at, title: result.title }
}

/** The part of the report that names the place. A point is most exact, so it goes along whenever it is the choice. */
export function placeFields(place: ReportPlace): { lon?: number; lat?: number; grid_code?: string; place_id?: number } {
  if (place.by === 'point') return { lon: place.at.lon, lat: place.at.lat }
  return place.by === 'grid' ? { grid_code: place.code } : { place_id: place.id }
}

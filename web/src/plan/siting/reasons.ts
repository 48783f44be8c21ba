// Why a site is proposed: what its view takes in, out of the loosely shaped `reasons` of the API.

import { amountText } from '../bands'

export type ReasonCode = 'key_places' | 'incidents' | 'road_m' | 'population'

const nameOf = (thing: unknown): string => (typeof thing === 'string' ? thing : thing && typeof thing === 'object' && 'name' in thing ? String(thing.name) : '')

/** Reasons worth telling with their figures, the heaviest kind first. */
export function reasonsOf(reasons: Record<string, unknown>, roadName: (code: string) => string, comma: string): { code: ReasonCode; text: string }[] {
  const { key_places, incidents, road_m, population } = reasons
  const places = Array.isArray(key_places) ? key_places.map(nameOf).filter(Boolean).join(comma) : typeof key_places === 'number' && key_places > 0 ? String(key_places) : ''
  const roads = road_m && typeof road_m === 'object' ? Object.entries(road_m as Record<string, number>) : []
  const lengths = roads.filter(([, length_m]) => length_m >= 1).sort(([, a], [, b]) => b - a).slice(0, 2)
  const total_m = typeof road_m === 'number' ? road_m : 0
  const told: [ReasonCode, string][] = [
    ['key_places', places],
    ['incidents', typeof incidents === 'number' && incidents >= 1 ? String(Math.round(incidents)) : ''],
    ['road_m', lengths.map(([code, length_m]) => `${roadName(code)} ${amountText(length_m, 'road')}`).join(comma) || (total_m >= 1 ? amountText(total_m, 'road') : '')],
    ['population', typeof population === 'number' && population >= 1 ? String(Math.round(population)) : ''],
  ]
  return told.filter(([, text]) => text !== '').map(([code, text]) => ({ code, text }))
}

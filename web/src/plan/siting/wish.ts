// What a planner asks of the siting solver, before it is sent, and what is wrong with it.

import type { Polygon } from 'geojson'
import type { BandCode, SiteSource, SitingWish } from '@/api/planning'

export const siteSources: readonly SiteSource[] = ['poles', 'corners', 'roads', 'area']
/** Fields of view of the usual lenses on a 1/2.8" sensor: 2.8, 4, 6, 8 and 12 mm. */
export const lensFields_deg = [88, 68, 48, 37, 25] as const

export interface WishForm {
  name: string
  where: 'whole' | 'drawn'
  area: Polygon | null
  sources: SiteSource[]
  lenses: number[]
  height_m: number
  width_px: number
  by: 'count' | 'cost'
  count: number
  cost: number
  costs: Record<SiteSource, number>
  key_places: number
  incidents: number
  incident_months: number
  population: number
  roads: number
  seconds: number
}

export const blankForm = (): WishForm => ({
  name: '', where: 'whole', area: null, sources: ['poles', 'corners', 'roads'], lenses: [88, 68, 48], height_m: 6, width_px: 1920,
  by: 'count', count: 10, cost: 200_000, costs: { poles: 8000, corners: 12_000, roads: 26_000, area: 26_000 },
  key_places: 1, incidents: 1, incident_months: 12, population: 0.5, roads: 1, seconds: 30,
})

export type WishFault = 'needSource' | 'needLens' | 'needArea' | 'needBudget'

export function faultOf(form: WishForm): WishFault | null {
  if (form.sources.length === 0) return 'needSource'
  if (form.lenses.length === 0) return 'needLens'
  if (form.where === 'drawn' && !form.area) return 'needArea'
  return (form.by === 'count' ? form.count : form.cost) > 0 ? null : 'needBudget'
}

const roadWorth = { national: 3, provincial: 2.5, county: 2, town: 1.5, street: 1.5, lane: 1, other: 0.5 }

/** The order as the API takes it; road classes weigh by their rank, all scaled by one slider. */
export function wishOf(form: WishForm, band: BandCode): SitingWish {
  const { name, sources, lenses, height_m, width_px, key_places, incidents, incident_months, population, roads, seconds } = form
  return {
    name, sources, lenses, height_m, width_px, band, seconds,
    ...(form.where === 'drawn' ? { area: form.area } : {}),
    budget: form.by === 'count' ? { count: Math.round(form.count) } : { cost: form.cost },
    ...(form.by === 'cost' ? { costs: Object.fromEntries(sources.map((source) => [source, form.costs[source]])) } : {}),
    weights: { key_places, incidents, incident_months, population, road_class: Object.fromEntries(Object.entries(roadWorth).map(([code, worth]) => [code, worth * roads])) },
  }
}

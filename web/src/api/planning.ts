// Types and calls of the planning workspace: coverage, rates, what-if, scenarios, siting, reports, restricted areas.

import type { Feature, FeatureCollection, Geometry, MultiPolygon, Polygon } from 'geojson'
import { call } from './client'

export type BandCode = 'overview' | 'outline' | 'discern' | 'perceive' | 'detect' | 'observe' | 'recognise' | 'identify'
export type Scale = 'iec' | 'dori'
export type Reading = 'installed' | 'now'
export type Measure = 'area' | 'road' | 'outline'
export type SubjectKind = 'grid' | 'division' | 'place'

/** Amounts in m2 (area) or m (road, outline); shares 0..1, null where there is nothing to see. */
export interface Band {
  code: BandCode
  px_per_m: number
  scale: Scale
  total: number
  certain: number
  possible: number
  one: number
  more: number
  none: number
  certain_share: number | null
  possible_share: number | null
  one_share: number | null
  more_share: number | null
  none_share: number | null
}

export interface CoverageSummary {
  division_code: string
  name: string
  computed_at: string | null
  is_fresh: boolean
  cameras: { all: number; alive: number; dead: number; blind: number; moved: number; untried: number }
  readings: Record<Reading, { bands: Band[] }>
}

export type Box = [west: number, south: number, east: number, north: number]

export interface FigureRow {
  subject_kind: SubjectKind
  subject_id: number
  code: string | null
  name: string
  division_code: string
  division_name: string | null
  level?: string | null
  lon: number
  lat: number
  bbox: Box
  total: number
  bands: Band[]
  method: 'exact' | 'raster' | 'sum'
  computed_at: string
}

export interface Gap {
  id: number
  grid_id: number
  grid_code: string
  grid_name: string
  area_m2: number
  weight: number
  reasons: { key_places: string[]; incidents: number; road_m: Record<string, number>; population: number }
  lon: number
  lat: number
  bbox: Box
}

export interface SubjectFigures extends Omit<FigureRow, 'bands' | 'total'> {
  measures: Record<Measure, Record<Reading, Band[]>>
  cameras: { id: number; name: string; is_alive: boolean | null; seen_m2: number }[]
  gaps: Gap[]
}

export interface DayRow {
  day: string
  total: number
  certain_share: number | null
  possible_share: number | null
  one_share: number | null
  none_share: number | null
}

export interface Loss {
  camera_id: number
  name: string
  grid_name: string | null
  seen_m2: number
  sole_m2: number
  sole_share: number | null
  sole_road_m: number
  sole_weight: number
  sole_places: string[]
  lon: number
  lat: number
}

export interface Page<T> {
  rows: T[]
  total: number
}

export interface FigureQuery {
  subject: SubjectKind
  reading: Reading
  measure: Measure
  scale: Scale
  division?: string | null
  sort?: string
  offset?: number
  limit?: number
}

export const fetchSummary = (division?: string | null) =>
  call<CoverageSummary>('/coverage/summary', { query: { division } })
export const fetchFigures = (query: FigureQuery, signal?: AbortSignal) =>
  call<Page<FigureRow>>('/coverage/figures', { query: { ...query }, signal })
export const fetchSubject = (kind: SubjectKind, id: number, reading: Reading, band: BandCode) =>
  call<SubjectFigures>(`/coverage/figures/${kind}/${id}`, { query: { reading, band } })
export const fetchHistory = (query: { subject: SubjectKind; subject_id: number; reading: Reading; measure: Measure; band: BandCode; days?: number }) =>
  call<Page<DayRow>>('/coverage/history', { query: { ...query } })
export const fetchGaps = (query: { reading: Reading; band: BandCode; division?: string | null; limit?: number }) =>
  call<Page<Gap>>('/coverage/gaps', { query: { ...query } })
export const fetchLosses = (query: { reading: Reading; band: BandCode; order: 'least' | 'most'; division?: string | null; limit?: number }) =>
  call<Page<Loss>>('/coverage/losses', { query: { ...query } })
export const refreshCoverage = () => call<undefined>('/coverage/refresh', { method: 'POST' })

export type RateCode = 'covered' | 'networked' | 'working' | 'secured'

export interface RateFigure {
  value: number | null
  numerator: number
  denominator: number
  /** Of the denominator, what is not known to be one or the other. */
  unknown: number
  target: number | null
  is_met: boolean | null
}

/** Document 996 sets its targets for key public areas and for key trades apart. */
export interface RatePart extends RateFigure {
  place_class: 'public_area' | 'trade'
  name_zh: string
  name_en: string
}

export interface Rate extends RateFigure {
  code: RateCode
  unit: 'places' | 'cameras' | 'camera_hours'
  formula_zh: string
  formula_en: string
  reason_zh: string | null
  reason_en: string | null
  parts: RatePart[]
}

export interface RateRow {
  kind: 'place' | 'camera'
  id: number
  name: string
  counts: boolean
  share: number | null
  why_zh: string
  why_en: string
}

export interface Period {
  division?: string | null
  from?: string
  to?: string
}

export const fetchRates = (period: Period) => call<{ rates: Rate[] }>('/coverage/rates', { query: { ...period } }).then(({ rates }) => rates)
export const fetchRateRows = (code: RateCode, period: Period & { missing?: boolean; limit?: number; offset?: number }) =>
  call<Page<RateRow>>(`/coverage/rates/${code}/rows`, { query: { ...period } })

export interface RestrictedArea {
  id: number
  kind: 'forbidden' | 'consent'
  name: string
  consent_document: string | null
  division_code: string
  geometry: Polygon | MultiPolygon
}

export interface NewRestrictedArea {
  kind: 'forbidden' | 'consent'
  name: string
  consent_document?: string | null
  geometry: Polygon | MultiPolygon
}

export const fetchRestrictedAreas = () => call<Page<RestrictedArea>>('/restricted-areas')
export const addRestrictedArea = (area: NewRestrictedArea) => call<RestrictedArea>('/restricted-areas', { method: 'POST', body: area })
export const removeRestrictedArea = (id: number) => call<undefined>(`/restricted-areas/${id}`, { method: 'DELETE' })

/** One change of a what-if: angles in degrees clockwise from north, heights and ranges in metres. */
export interface Change {
  op: 'move' | 'add' | 'remove'
  camera_id?: number
  key: string
  lon: number
  lat: number
  height_m: number
  azimuth_deg: number
  fov_deg: number
  range_m: number
  tilt_deg: number | null
  width_px: number
}

export interface GridChange {
  grid_id: number
  code: string
  name: string
  before: Band[]
  after: Band[]
}

export interface WhatIfAnswer {
  views: { key: string; certain: Geometry | Feature | FeatureCollection | null; possible: Geometry | Feature | FeatureCollection | null }[]
  grids: GridChange[]
  total: { before: Band[]; after: Band[] }
  warnings: Warning[]
}

export interface Warning {
  key: string
  code: string
  zh: string
  en: string
}

/** What is sent of a change: of a move only what differs from today, for the rest stays as it is. */
export type ChangeOrder = Partial<Change> & Pick<Change, 'op' | 'key'>

export const askWhatIf = (changes: ChangeOrder[], reading: Reading, scale: Scale) =>
  call<WhatIfAnswer>('/coverage/what-if', { method: 'POST', body: { changes, reading, scale, reference: 'today' } })

export interface Scenario {
  id: number
  name: string
  note: string
  division_code: string
  changes: (Partial<Change> & Pick<Change, 'op'>)[]
  state: 'draft' | 'applied'
  author: string | null
  created_at: string
  updated_at: string
  applied_at: string | null
  version: number
  /** Cameras that changed or went since it was saved; only where one scenario is read. */
  outdated?: number[]
}

export interface ScenarioOrder {
  name: string
  note?: string | null
  changes: ChangeOrder[]
  version?: number
}

export const fetchScenarios = () => call<Page<Scenario>>('/scenarios')
export const fetchScenario = (id: number) => call<Scenario>(`/scenarios/${id}`)
export const addScenario = (order: ScenarioOrder) => call<Scenario>('/scenarios', { method: 'POST', body: order })
export const changeScenario = (id: number, order: ScenarioOrder) => call<Scenario>(`/scenarios/${id}`, { method: 'PUT', body: order })
export const removeScenario = (id: number) => call<undefined>(`/scenarios/${id}`, { method: 'DELETE' })
export const applyScenario = (id: number, version: number) => call<Scenario>(`/scenarios/${id}/apply`, { method: 'POST', body: { version } })
export const fetchScenarioFigures = (id: number, reading: Reading, scale: Scale) =>
  call<WhatIfAnswer>(`/scenarios/${id}/figures`, { query: { reading, scale } })

export interface Comparison {
  today: Band[]
  scenarios: { id: number; name: string; state: Scenario['state']; total: Band[]; added: number; moved: number; removed: number; warnings: Warning[] }[]
  grids: { grid_id: number; code: string; name: string; today: Band[]; after: Band[][] }[]
}

export const compareScenarios = (ids: number[], reading: Reading, scale: Scale) =>
  call<Comparison>('/scenarios/compare', { query: { ids: ids.join(','), reading, scale } })

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export interface Job {
  id: number
  state: JobState
  progress: number
  step: string | null
  fault: string | null
  created_at: string
  finished_at: string | null
}

export type SiteSource = 'poles' | 'corners' | 'roads' | 'area'

export interface SitingWish {
  name: string
  division?: string | null
  area?: Polygon | null
  sources: SiteSource[]
  lenses: number[]
  height_m: number
  width_px: number
  budget: { count: number } | { cost: number }
  costs?: Record<string, number>
  band: BandCode
  weights: { key_places: number; incidents: number; incident_months: number; road_class: Record<string, number>; population: number }
  seconds: number
}

export interface Proposal {
  id: number
  rank: number
  lon: number
  lat: number
  height_m: number
  azimuth_deg: number
  fov_deg: number
  range_m: number
  gain: number
  gain_m2: number
  overlap_share: number | null
  cost: number | null
  reasons: Record<string, unknown>
  view: Geometry | null
}

export interface Siting extends Job {
  name: string
  division_code: string
  wish: SitingWish
  value: number | null
  bound: number | null
  gap: number | null
  result: Record<string, unknown> | null
  proposals?: Proposal[]
}

export const fetchSitings = () => call<Page<Siting>>('/sitings')
export const fetchSiting = (id: number) => call<Siting>(`/sitings/${id}`)
export const orderSiting = (wish: SitingWish) => call<Siting>('/sitings', { method: 'POST', body: wish })
export const cancelSiting = (id: number) => call<Siting>(`/sitings/${id}/cancel`, { method: 'POST' })
export const sitingToScenario = (id: number) => call<Scenario>(`/sitings/${id}/scenario`, { method: 'POST' })

export type ReportKind = 'xlsx' | 'pdf' | 'html'

export interface Report extends Job {
  kind: ReportKind
  division_code: string | null
  file_name: string | null
}

export const fetchReports = () => call<Page<Report>>('/reports')
export const orderReport = (kind: ReportKind, division?: string | null) => call<Report>('/reports', { method: 'POST', body: { kind, division } })
export const cancelReport = (id: number) => call<Report>(`/reports/${id}/cancel`, { method: 'POST' })
export const reportAddress = (id: number) => `/api/reports/${id}/file`

// The nouns of planning as the console uses them, made from the generated schema (`make types`), and their calls: coverage, rates,
// what-if, scenarios, siting, reports, restricted areas. Where the schema says less than is known (a code, a geometry), it is said here.

import type { Geometry, MultiPolygon, Polygon } from 'geojson'
import { call } from './client'
import type { components } from './schema'
import type { ByGrids } from './whose'

type Schema = components['schemas']

export type BandCode = 'overview' | 'outline' | 'discern' | 'perceive' | 'detect' | 'observe' | 'recognise' | 'identify'
export type Scale = Schema['Band']['scale']
export type Reading = 'installed' | 'now'
export type Measure = 'area' | 'road' | 'outline'
export type SubjectKind = Schema['FigureRow']['subject_kind']

/** Amounts in m2 (area) or m (road, outline); shares 0..1, null where there is nothing to see. */
export type Band = Omit<Schema['Band'], 'code'> & { code: BandCode }
type Banded<T, K extends keyof T> = Omit<T, K> & Record<K, Band[]>
type Method = { method: 'exact' | 'raster' | 'sum' }

export type CoverageSummary = Omit<Schema['CoverageSummary'], 'readings'> & { readings: Record<Reading, { bands: Band[] }> }
export type Box = Schema['FigureRow']['bbox']
export type FigureRow = Omit<Banded<Schema['FigureRow'], 'bands'>, 'method'> & Method
export type Gap = Omit<Schema['GapRow'], 'reasons'> & { reasons: Required<Schema['GapReasons']> }
export type SubjectFigures = Omit<Schema['SubjectSheet'], 'measures' | 'method' | 'gaps'> & Method & {
  measures: Record<Measure, Record<Reading, Band[]>>
  gaps: Gap[]
}
export type DayRow = Schema['DayRow']
export type Loss = Schema['LossRow']

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
export const fetchHistory = (query: { subject: SubjectKind; subject_id: number; reading: Reading; measure: Measure; band: BandCode; days?: number; grids?: ByGrids }) =>
  call<Page<DayRow>>('/coverage/history', { query: { ...query } })
export const fetchGaps = (query: { reading: Reading; band: BandCode; division?: string | null; limit?: number }) =>
  call<Page<Gap>>('/coverage/gaps', { query: { ...query } })
export const fetchLosses = (query: { reading: Reading; band: BandCode; order: 'least' | 'most'; division?: string | null; limit?: number }) =>
  call<Page<Loss>>('/coverage/losses', { query: { ...query } })
export const refreshCoverage = () => call<undefined>('/coverage/refresh', { method: 'POST' })

export type RateCode = Schema['Rate']['code']
export type Rate = Schema['Rate']
/** Document 996 sets its targets for key public areas and for key trades apart. */
export type RateFigure = Pick<Rate, 'value' | 'numerator' | 'denominator' | 'unknown' | 'target' | 'is_met'>
export type RateRow = Schema['RateRow']

export interface Period {
  division?: string | null
  from?: string
  to?: string
}

export const fetchRates = (period: Period) => call<{ rates: Rate[] }>('/coverage/rates', { query: { ...period } }).then(({ rates }) => rates)
export const fetchRateRows = (code: RateCode, period: Period & { missing?: boolean; limit?: number; offset?: number }) =>
  call<Page<RateRow>>(`/coverage/rates/${code}/rows`, { query: { ...period } })

export type RestrictedArea = Omit<Schema['RestrictedAreaRow'], 'geometry'> & { geometry: Polygon | MultiPolygon }
export type NewRestrictedArea = Pick<RestrictedArea, 'kind' | 'name' | 'geometry'> & { consent_document?: string }

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

export type WhatIfAnswer = Omit<Schema['WhatIfAnswer'], 'views' | 'grids' | 'total'> & {
  views: { key: string; certain: Geometry | null; possible: Geometry | null }[]
  grids: Banded<Schema['ChangedGrid'], 'before' | 'after'>[]
  total: { before: Band[]; after: Band[] }
}

/** What is sent of a change: of a move only what differs from today, for the rest stays as it is. */
export type ChangeOrder = Partial<Change> & Pick<Change, 'op' | 'key'>

export const askWhatIf = (changes: ChangeOrder[], reading: Reading, scale: Scale) =>
  call<WhatIfAnswer>('/coverage/what-if', { method: 'POST', body: { changes, reading, scale, reference: 'today' } })

/** A scenario as listed; read alone it also names cameras that changed or went since it was saved. */
export type Scenario = Schema['ScenarioRow'] & Partial<Pick<Schema['ScenarioSheet'], 'outdated'>>

export interface ScenarioOrder {
  name: string
  note?: string | null
  changes: (ChangeOrder | Scenario['changes'][number])[]
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

export type Comparison = {
  today: Band[]
  scenarios: Banded<Schema['ComparedScenario'], 'total'>[]
  grids: (Omit<Banded<Schema['ComparedGrid'], 'today'>, 'after'> & { after: Band[][] })[]
}

export const compareScenarios = (ids: number[], reading: Reading, scale: Scale) =>
  call<Comparison>('/scenarios/compare', { query: { ids: ids.join(','), reading, scale } })

export type Job = Pick<Schema['SitingRow'], 'id' | 'state' | 'progress' | 'step'>
export type SiteSource = Schema['ProposalShape']['source']
export type SitingWish = Omit<Schema['SitingOrder'], 'area' | 'per_spot'> & { area?: Polygon | null }
export type Proposal = Omit<Schema['ProposalShape'], 'view'> & { view: Geometry | null }
export type Siting = Schema['SitingRow'] & { proposals?: Proposal[] }

export const fetchSitings = () => call<Page<Siting>>('/sitings')
export const fetchSiting = (id: number) => call<Siting>(`/sitings/${id}`)
export const orderSiting = (wish: SitingWish) => call<Siting>('/sitings', { method: 'POST', body: wish })
export const cancelSiting = (id: number) => call<Siting>(`/sitings/${id}/cancel`, { method: 'POST' })
export const sitingToScenario = (id: number) => call<Scenario>(`/sitings/${id}/scenario`, { method: 'POST' })

export type ReportKind = Schema['ReportOrder']['kind']
export type Report = Schema['ReportShape']

export const fetchReports = () => call<Page<Report>>('/reports')
export const orderReport = (kind: ReportKind, division?: string | null) => call<Report>('/reports', { method: 'POST', body: { kind, division } })
export const cancelReport = (id: number) => call<Report>(`/reports/${id}/cancel`, { method: 'POST' })
export const reportAddress = (id: number) => `/api/reports/${id}/file`

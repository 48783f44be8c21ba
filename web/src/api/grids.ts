// The nouns of grids as the console uses them, and their calls: sets and days, change sets, workload, staff.
// Made from the generated schema (`make types`); where it says less than is known (a geometry), it is said here.

import type { LineString, MultiPolygon, Polygon } from 'geojson'
import { call } from './client'
import type { components } from './schema'

type Schema = components['schemas']

export type Ground = Polygon | MultiPolygon

export interface GridFacts {
  code: string
  name: string
  kind: string
  division: Schema['DivisionRef'] | null
  households: number | null
  area_m2: number
}

/** A grid with its outline; a negative id is one that a change set would make. */
export interface GridFeature {
  type: 'Feature'
  id: number
  geometry: Ground
  properties: GridFacts
}

export type GridCollection = Omit<Schema['GridCollection'], 'features'> & { features: GridFeature[] }
export type GridSet = Schema['GridSet']

/** What a planner does to grids; a change set carries them in order, and grids it makes are -1, -2 ... in that order. */
export type Operation =
  | { op: 'split'; grid_id: number; line: LineString }
  | { op: 'merge'; grid_ids: number[]; code?: string; name?: string }
  | { op: 'redraw'; pieces: { grid_id: number; geometry: Ground }[] }
  | { op: 'move_boundary'; grid_ids: [number, number]; line: LineString }
  | { op: 'recode'; grid_id: number; code: string; name?: string }
  | { op: 'new'; code?: string; name: string; kind: 'basic' | 'exclusive'; geometry: Ground }
  | { op: 'retire'; grid_id: number; into?: number }

export type GridBrief = Schema['GridBrief']
export type Preview = Omit<Schema['Preview'], 'after'> & { after: { features: GridFeature[] } }
export type ChangeRow = Schema['ChangeRow']
export type ChangeState = ChangeRow['state']
export type ChangeSheet = Omit<Schema['ChangeSheet'], 'operations'> & { operations: Operation[] }

export interface Draft {
  set_name: string
  operations: Operation[]
}

export interface ChangeNew extends Draft {
  title: string
  reason: string
  planned_for: string | null
}

export const fetchSets = () => call<{ sets: GridSet[] }>('/grids/sets').then(({ sets }) => sets)
export const fetchGridsOf = (set: string, at: string | null, signal?: AbortSignal) =>
  call<GridCollection>('/grids', { query: { set, at, limit: 20_000 }, signal })
export const previewChange = (draft: Draft, signal?: AbortSignal) =>
  call<Preview>('/grids/changes/preview', { method: 'POST', body: draft, signal })
export const addChange = (change: ChangeNew) => call<ChangeSheet>('/grids/changes', { method: 'POST', body: change })
export const fetchChanges = (state: ChangeState | null) =>
  call<{ changes: ChangeRow[] }>('/grids/changes', { query: { state } }).then(({ changes }) => changes)
export const fetchChange = (id: number) => call<ChangeSheet>(`/grids/changes/${id}`)
export const actOnChange = (id: number, act: 'apply' | 'revert', version: number) =>
  call<ChangeSheet>(`/grids/changes/${id}/${act}`, { method: 'POST', body: { version } })
export const removeChange = (id: number) => call<undefined>(`/grids/changes/${id}`, { method: 'DELETE' })

export type Measure = keyof Schema['Weights']
export type Weights = Schema['Weights']
export type WorkloadRow = Schema['WorkloadRow']
export type Workload = Schema['WorkloadPage']
export type Balance = Omit<Schema['Balance'], 'line'> & { line: LineString }

export const fetchWorkload = (set: string, months: number, signal?: AbortSignal) =>
  call<Workload>('/grids/workload', { query: { set, months }, signal })
export const askBalance = (id: number, weights: Weights, months: number) =>
  call<Balance>(`/grids/${id}/balance`, { method: 'POST', body: { weights, months } })
export const askWay = (geometry: Ground, at: { lon: number; lat: number }, within_m: number) =>
  call<{ line: LineString; road_share: number }>('/grids/ways', { method: 'POST', body: { geometry, lon: at.lon, lat: at.lat, within_m } })

export type DutyRole = Schema['DutyNew']['role']
export type DutyRow = Schema['DutyRow']
export type DutyNew = Pick<Schema['DutyNew'], 'account' | 'role' | 'starts_on'> & Partial<Schema['DutyNew']>
export type Vacancies = Schema['VacancyPage']
export type Vacancy = Schema['VacancyRow']

export type GridHistory = Schema['GridHistory']

export const fetchVersions = (grid: number) => call<GridHistory>(`/grids/${grid}/versions`)
export const fetchStaff = (grid: number) => call<Schema['StaffSheet']>(`/grids/${grid}/staff`)
export const beginDuty = (grid: number, duty: DutyNew) => call<DutyRow>(`/grids/${grid}/staff`, { method: 'POST', body: duty })
export const endDuty = (id: number, version: number, ends_on: string | null) =>
  call<DutyRow>(`/grids/staff/${id}`, { method: 'PATCH', body: { version, ends_on } })
export const strikeDuty = (id: number) => call<undefined>(`/grids/staff/${id}`, { method: 'DELETE' })
export const fetchVacancies = (set: string, at: string | null) =>
  call<Vacancies>('/grids/vacancies', { query: { set, at, limit: 20_000 } })
export const fetchDutyAccounts = (role: DutyRole, q = '') =>
  call<Schema['AccountPage']>('/grids/staff/accounts', { query: { role, q } }).then(({ rows }) => rows)

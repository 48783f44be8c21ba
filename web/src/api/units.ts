// Units, their duty and trackers, live positions and tracks.

import type { FeatureCollection, LineString } from 'geojson'
import { call } from './client'
import type { Page } from './planning'
import type { components } from './schema'

type Schema = components['schemas']

export const unitKinds = ['household_head', 'grid_worker', 'volunteer', 'response'] as const
export type UnitKind = Schema['UnitRow']['kind']
export const vehicles = ['foot', 'ebike', 'motorcycle', 'car'] as const
export type Vehicle = Schema['UnitRow']['vehicle']

/** A unit with its duty and place now; `load` counts its open assignments. */
export type Unit = Schema['UnitRow']
export type UnitPosition = Omit<Schema['PositionOut'], 'age_s'>
export type GridName = Schema['GridRef']
export type UnitOrder = Schema['UnitNew']
export type UnitChange = Schema['UnitEdit']

export type Tracker = Schema['TrackerRow']
export type ShiftPlan = Schema['ShiftPlanRow']
export type ShiftPlanOrder = Schema['ShiftPlanNew']
export type Shift = Schema['ShiftRow']

export type TrackLeg = Schema['TrackLeg']

export interface UnitQuery {
  q?: string
  limit?: number
  offset?: number
}

export const fetchUnits = (query: UnitQuery = {}) => call<Page<Unit>>('/units', { query: { ...query } })
export const fetchUnit = (id: number) => call<Unit>(`/units/${id}`)
export const addUnit = (order: UnitOrder) => call<Unit>('/units', { method: 'POST', body: order })
export const changeUnit = (id: number, change: UnitChange) =>
  call<Unit>(`/units/${id}`, { method: 'PATCH', body: change })

export const fetchPositions = (since: number | null) =>
  call<Schema['PositionPage']>('/patrol/positions', { query: { since_version: since } })
export const fetchTrack = (unit: number, from: string, to: string) =>
  call<FeatureCollection<LineString, TrackLeg>>('/patrol/tracks', { query: { unit, from, to } })
export const fetchTrackers = (unit: number) => call<Page<Tracker>>(`/units/${unit}/trackers`)
export const addTracker = (unit: number, name: string) => call<Schema['TrackerMade']>(`/units/${unit}/trackers`, { method: 'POST', body: { name } })
export const endTracker = (id: number) => call<undefined>(`/trackers/${id}`, { method: 'DELETE' })
export const fetchShifts = (unit: number) => call<Schema['ShiftPage']>(`/units/${unit}/shifts`)
export const setDuty = (unit: number, on: boolean) => call<Unit>(`/units/${unit}/shifts`, { method: 'POST', body: { on } })
export const addShiftPlan = (unit: number, plan: ShiftPlanOrder) => call<ShiftPlan>(`/units/${unit}/shift-plans`, { method: 'POST', body: plan })
export const removeShiftPlan = (id: number) => call<undefined>(`/shift-plans/${id}`, { method: 'DELETE' })

// Patrol coverage: figures of grids, requirements and their states, checkpoints, alerts, heat, replay; and the eyes-on clock.

import type { FeatureCollection, LineString } from 'geojson'
import { call } from './client'
import type { Page } from './planning'
import type { ByGrids } from './whose'
import type { components } from './schema'

type Schema = components['schemas']

export const requirementStates = ['not_met', 'due', 'unknown', 'open', 'met'] as const
export type RequirementState = Schema['RequirementReading']['state']

/** Shares 0..1 of the ground, and of the length of roads; what is none of the three was not visited. */
export type GridFigures = Schema['GridFigures']
export type GridPatrol = Schema['GridPatrolSheet']
export type Requirement = Schema['RequirementRow']
export type RequirementOrder = Schema['RequirementNew']
export type RequirementChange = Schema['RequirementEdit']
export type Checkpoint = Schema['CheckpointRow']
export type CheckpointOrder = Schema['CheckpointNew']
export type CheckpointChange = Schema['CheckpointEdit']
export type Alert = Schema['AlertRow']
export type ShiftFigures = Schema['TownshipShift']
export type ReplayUnit = Schema['ReplayTrack']
export type Heat = Schema['Heat']
/** An advised loop; its legs are lines. */
export type Loop = Omit<Schema['LoopAnswer'], 'legs'> & { legs: FeatureCollection<LineString> }

export interface Span {
  from: string
  to: string
}

export const fetchGridFigures = (span: Span, grids: ByGrids, page: { offset: number; limit: number }) =>
  call<Page<GridFigures> & { is_fresh: boolean }>('/patrol/figures', { query: { ...span, ...page, grids, sort: 'code' } })
export const fetchGridPatrol = (id: number, span: Span, grids: ByGrids) => call<GridPatrol>(`/patrol/figures/grid/${id}`, { query: { ...span, grids } })
export const fetchShiftFigures = (span: Span, grids: ByGrids) => call<Page<ShiftFigures>>('/patrol/summary', { query: { ...span, grids } })
export const fetchRequirements = () => call<Page<Requirement>>('/patrol/requirements')
export const addRequirement = (order: RequirementOrder) => call<Requirement>('/patrol/requirements', { method: 'POST', body: order })
export const changeRequirement = (id: number, change: RequirementChange) =>
  call<Requirement>(`/patrol/requirements/${id}`, { method: 'PATCH', body: change })
export const removeRequirement = (id: number) => call<undefined>(`/patrol/requirements/${id}`, { method: 'DELETE' })
export const fetchCheckpoints = () => call<Page<Checkpoint>>('/patrol/checkpoints', { query: { limit: 1000 } })
export const addCheckpoint = (order: CheckpointOrder) => call<Checkpoint>('/patrol/checkpoints', { method: 'POST', body: order })
export const changeCheckpoint = (id: number, change: CheckpointChange) => call<Checkpoint>(`/patrol/checkpoints/${id}`, { method: 'PATCH', body: change })
export const removeCheckpoint = (id: number) => call<undefined>(`/patrol/checkpoints/${id}`, { method: 'DELETE' })
export const fetchAlerts = () => call<Page<Alert>>('/patrol/alerts', { query: { is_open: true, limit: 1000 } })
export const seeAlert = (id: number) => call<Alert>(`/patrol/alerts/${id}/seen`, { method: 'POST' })

export const askLoop = (unit_id: number, grids: number[] | null) =>
  call<Loop>('/patrol/advice', { method: 'POST', body: grids ? { unit_id, grids } : { unit_id } })

export const fetchReplay = (span: Span, signal?: AbortSignal) => call<Schema['Replay']>('/patrol/replay', { query: { ...span }, signal })
export const fetchHeat = (span: Span, bbox: string, signal?: AbortSignal) => call<Heat>('/patrol/heat', { query: { ...span, bbox }, signal })

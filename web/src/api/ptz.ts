import { call } from './client'
import type { AimAnswer, AimOrder, HeadViews, MoveAnswer, MoveOrder, PtzLock, PtzSheet } from './types'

/** Why a head is turned: the open stream it is watched in, or a purpose stated here. */
export type Stated = { stream_id: number } | { purpose: string; incident_id?: number | null }

export const aimAt = (order: AimOrder) => call<AimAnswer>('/cameras/aim', { method: 'POST', body: order })

export const fetchHead = (id: number) => call<PtzSheet>(`/cameras/${id}/ptz`)

export const refreshHead = (id: number) => call<PtzSheet>(`/cameras/${id}/ptz/refresh`, { method: 'POST' })

export const moveHead = (id: number, order: MoveOrder) =>
  call<MoveAnswer>(`/cameras/${id}/ptz/move`, { method: 'POST', body: order })

export const stopHead = (id: number, why: Stated) => call<MoveAnswer>(`/cameras/${id}/ptz/stop`, { method: 'POST', body: why })

export const sendHome = (id: number, why: Stated) => call<MoveAnswer>(`/cameras/${id}/ptz/home`, { method: 'POST', body: why })

export const lockHead = (id: number, why: Stated, seconds: number) =>
  call<PtzLock>(`/cameras/${id}/ptz/lock`, { method: 'POST', body: { ...why, seconds } })

export const unlockHead = (id: number) => call<undefined>(`/cameras/${id}/ptz/lock`, { method: 'DELETE' })

export const goToPreset = (id: number, preset: number, why: Stated) =>
  call<MoveAnswer>(`/cameras/${id}/ptz/presets/${preset}/goto`, { method: 'POST', body: why })

export const keepPreset = (id: number, name: string, why: Stated) =>
  call<undefined>(`/cameras/${id}/ptz/presets`, { method: 'POST', body: { ...why, name } })

export const startTour = (id: number, tour: number, why: Stated) =>
  call<undefined>(`/cameras/${id}/ptz/tours/${tour}/start`, { method: 'POST', body: why })

export const stopTour = (id: number, tour: number) =>
  call<undefined>(`/cameras/${id}/ptz/tours/${tour}/stop`, { method: 'POST' })

export const fetchHeadViews = (box: { west: number; south: number; east: number; north: number }) =>
  call<HeadViews>('/cameras/ptz/views', { query: box })

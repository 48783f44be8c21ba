// What is kept of a head: position, presets, tours, masked sectors, home view, calibration.

import { call } from './client'
import type {
  HeadCalibration, HeadCalibrationOrder, HeadEdit, PtzMask, PtzMaskNew, PtzPosition, PtzPreset, PtzPresetEdit, PtzSheet, PtzTour, PtzTourNew,
} from './types'

const path = (id: number, rest = '') => `/cameras/${id}/ptz${rest}`

/** Where the head stands, as its device says once it stands. */
export const askPosition = (id: number) => call<PtzPosition>(path(id, '/position'), { method: 'POST' })

export const editHead = (id: number, change: HeadEdit) => call<PtzSheet>(path(id), { method: 'PATCH', body: change })

export const editPreset = (id: number, preset: number, change: PtzPresetEdit) =>
  call<PtzPreset>(path(id, `/presets/${preset}`), { method: 'PATCH', body: change })

export const dropPreset = (id: number, preset: number) => call<undefined>(path(id, `/presets/${preset}`), { method: 'DELETE' })

export const keepTour = (id: number, tour: PtzTourNew) => call<PtzTour>(path(id, '/tours'), { method: 'POST', body: tour })

export const editTour = (id: number, tour: number, change: PtzTourNew) =>
  call<PtzTour>(path(id, `/tours/${tour}`), { method: 'PATCH', body: change })

export const dropTour = (id: number, tour: number) => call<undefined>(path(id, `/tours/${tour}`), { method: 'DELETE' })

export const keepMask = (id: number, mask: PtzMaskNew) => call<PtzMask>(path(id, '/masks'), { method: 'POST', body: mask })

export const editMask = (id: number, mask: number, wanted: PtzMaskNew) =>
  call<PtzMask>(path(id, `/masks/${mask}`), { method: 'PUT', body: wanted })

export const dropMask = (id: number, mask: number) => call<undefined>(path(id, `/masks/${mask}`), { method: 'DELETE' })

export const computeHead = (id: number, order: HeadCalibrationOrder, signal?: AbortSignal) =>
  call<HeadCalibration>(path(id, '/calibration'), { method: 'POST', body: order, signal })

/** Computed again by the server and kept; nothing the browser worked out is taken over. */
export const applyHead = (id: number, order: HeadCalibrationOrder) =>
  call<HeadCalibration>(path(id, '/calibration'), { method: 'PUT', body: order })

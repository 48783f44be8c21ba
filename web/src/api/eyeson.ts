// The eyes-on clock: since when a grid or key place was neither in view of a live camera nor reached by a unit.

import { call } from './client'
import type { Page } from './planning'
import type { components } from './schema'

type Schema = components['schemas']

export type EyesOn = Schema['ClockRow']
export type EyesOnHour = Schema['ClockHour']
export type Deadline = Schema['DeadlineRow']
export type DeadlineOrder = Schema['DeadlineOrder']

export const fetchEyesOn = (page: { offset: number; limit: number }) => call<Page<EyesOn>>('/eyeson', { query: { subject: 'grid', ...page } })
export const fetchEyesOnHours = (subject: 'grid' | 'place', id: number, day: string) => call<Page<EyesOnHour>>('/eyeson/hours', { query: { subject, id, day } })
export const fetchDeadlines = () => call<Page<Deadline>>('/eyeson/deadlines')
/** A rule with the deadline null is taken back. */
export const setDeadline = (order: DeadlineOrder) => call<Page<Deadline>>('/eyeson/deadlines', { method: 'PUT', body: order })
export const fetchPlaceClocks = () => call<Page<EyesOn>>('/eyeson', { query: { subject: 'place', limit: 1000 } })

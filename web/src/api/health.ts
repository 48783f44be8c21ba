// Health of cameras, made from the generated schema (`make types`), and its calls.

import { call } from './client'
import type { components } from './schema'

type Schema = components['schemas']

export type HealthRow = Schema['HealthRow']
export type HealthSheet = Schema['HealthSheet']
export type HealthPage = Schema['HealthPage']
export type Finding = NonNullable<HealthRow['evidence']>
export type Condition = HealthRow['condition']
export type HealthTurn = Schema['TurnShape']
export type Word = Schema['ConfirmOrder']['what']

export interface HealthQuery {
  q?: string
  state?: Condition[]
  class?: string
  clock_off?: boolean
  offset?: number
  limit?: number
}

/** The API takes a list as a repeated name, which a plain object of query values cannot say. */
export function fetchHealth({ state, ...query }: HealthQuery): Promise<HealthPage> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '' && value !== false)
  const search = new URLSearchParams([...(state ?? []).map((name) => ['state', name]), ...given.map(([name, value]) => [name, String(value)])])
  return call<HealthPage>(`/cameras/health?${search}`)
}

export const fetchHealthOf = (id: number) => call<HealthSheet>(`/cameras/${id}/health`)

export const confirmView = (id: number, what: Word) =>
  call<HealthSheet>(`/cameras/${id}/health/confirm`, { method: 'POST', body: { what } })

export const renewReference = (id: number) => call<HealthSheet>(`/cameras/${id}/health/reference`, { method: 'POST' })

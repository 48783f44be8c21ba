import { call } from './client'
import type { ByGrids } from './whose'
import type { Incident, IncidentAct, IncidentKinds, IncidentPage, IncidentReport, SightAnswer, TimelineEntry } from './types'

export interface IncidentQuery {
  state: 'open' | 'all' | 'closed'
  severity?: string
  limit?: number
  before?: number
}

export const fetchKinds = () => call<IncidentKinds>('/incidents/kinds')

export const fetchIncidents = (query: IncidentQuery) =>
  call<IncidentPage>('/incidents', { query: { ...query } })

export const fetchIncident = (id: number, grids: ByGrids = 'then') => call<Incident>(`/incidents/${id}`, { query: { grids } })

export const fetchTimeline = (id: number) =>
  call<{ entries: TimelineEntry[] }>(`/incidents/${id}/timeline`).then((answer) => answer.entries)

export const fetchIncidentCameras = (id: number, limit = 12) =>
  call<SightAnswer>(`/incidents/${id}/cameras`, { query: { limit } })

/** The key makes a repeated send (double click, retry after a lost answer) the same incident. */
export const reportIncident = (report: IncidentReport, key: string) =>
  call<Incident>('/incidents', { method: 'POST', body: report, headers: { 'Idempotency-Key': key } })

export const actOnIncident = (
  id: number,
  act: { act: IncidentAct; text?: string; result?: string; version: number },
) => call<Incident>(`/incidents/${id}/acts`, { method: 'POST', body: act })

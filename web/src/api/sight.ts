import { call } from './client'
import type { Location, SearchResult, SightAnswer } from './types'

export const fetchSight = (lon: number, lat: number, signal?: AbortSignal, limit = 12) =>
  call<SightAnswer>('/sight', { query: { lon, lat, limit }, signal })

export const locate = (lon: number, lat: number, signal?: AbortSignal) =>
  call<Location>('/locate', { query: { lon, lat }, signal })

export const searchAll = (q: string, signal?: AbortSignal, limit = 12) =>
  call<{ results: SearchResult[] }>('/search', { query: { q, limit }, signal }).then((answer) => answer.results)

export interface GridDetail {
  id: number
  code: string
  name: string
  kind?: string
  set_name?: string
  division?: { code: string; name: string } | null
  lon?: number
  lat?: number
  centre?: [number, number]
  area_m2?: number | null
  [field: string]: unknown
}

export interface PlaceDetail {
  id: number
  name: string
  kind: string | null
  is_key: boolean
  address?: string | null
  lon: number
  lat: number
  [field: string]: unknown
}

export const fetchGrid = (id: number) => call<GridDetail>(`/grids/${id}`)
export const fetchPlace = (id: number) => call<PlaceDetail>(`/places/${id}`)

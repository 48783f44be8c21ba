import { call } from './client'
import type { GridDetail, Location, PlaceDetail, SearchResult, SightAnswer } from './types'

export const fetchSight = (lon: number, lat: number, signal?: AbortSignal, limit = 12) =>
  call<SightAnswer>('/sight', { query: { lon, lat, limit }, signal })

export const locate = (lon: number, lat: number, signal?: AbortSignal) =>
  call<Location>('/locate', { query: { lon, lat }, signal })

export const searchAll = (q: string, signal?: AbortSignal, limit = 12) =>
  call<{ results: SearchResult[] }>('/search', { query: { q, limit }, signal }).then((answer) => answer.results)

export const fetchGrid = (id: number) => call<GridDetail>(`/grids/${id}`)
export const fetchPlace = (id: number) => call<PlaceDetail>(`/places/${id}`)

// Faults of a tiling of grids and the previews of their mends.

import type { MultiPolygon } from 'geojson'
import { call } from './client'
import type { Ground, Operation } from './grids'
import type { components } from './schema'

type Schema = components['schemas']

export type FaultKind = Schema['TilingFault']['kind']
export type MendKind = Schema['MendDone']['kind']
export type TilingFault = Omit<Schema['TilingFault'], 'geometry'> & { geometry: MultiPolygon }
export type TilingPage = Omit<Schema['TilingPage'], 'faults'> & { faults: TilingFault[] }
export type GridOutline = Omit<Schema['GridOutline'], 'before' | 'after'> & { before: Ground; after: Ground }
export type MendPreview = Omit<Schema['MendPreview'], 'operations' | 'outlines'> & { operations: Operation[]; outlines: GridOutline[] }

export interface MendOrder {
  set_name: string
  mends: { key: string; to: number | null }[]
  bulk: { kinds: MendKind[]; below_m2: number } | null
  along_roads: boolean
}

export const fetchTiling = (set: string, threshold_m2: number, signal?: AbortSignal) =>
  call<TilingPage>('/grids/tiling', { query: { set, threshold_m2 }, signal })
export const previewMends = (order: MendOrder, signal?: AbortSignal) =>
  call<MendPreview>('/grids/tiling/mends', { method: 'POST', body: order, signal })

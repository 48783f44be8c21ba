// Files for others and the way in for GIS programs, as the generated schema names them.

import { call } from './client'
import type { components } from './schema'

type Schema = components['schemas']

export type ExportKind = Schema['ExportKind']
export type ExportKinds = Schema['ExportKinds']
export type ExportRow = Schema['ExportShape']
export type ExportFormat = ExportKind['formats'][number]
export type ExportEncoding = ExportRow['encoding']
export type ExportOrder = Pick<Schema['ExportWish'], 'kind' | 'format' | 'datum' | 'purpose'> & Partial<Schema['ExportWish']>
export type NewToken = Schema['NewTokenOut']

export const fetchExportKinds = () => call<ExportKinds>('/exports/kinds')
export const fetchExportSets = (kind: string) => call<{ sets: string[] }>(`/exports/kinds/${kind}/sets`).then((answer) => answer.sets)
export const fetchExports = () => call<{ rows: ExportRow[]; total: number }>('/exports', { query: { limit: 30 } })
export const orderExport = (wish: ExportOrder) => call<ExportRow>('/exports', { method: 'POST', body: wish })
export const cancelExport = (id: number) => call<ExportRow>(`/exports/${id}/cancel`, { method: 'POST' })
export const exportAddress = (id: number) => `/api/exports/${id}/file`

export const makeToken = (name: string, days: number) => call<NewToken>('/tokens', { method: 'POST', body: { name, days } })

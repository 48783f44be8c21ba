import { address, call } from './client'
import type { components } from './schema'

type Schema = components['schemas']

export type Evidence = Schema['EvidenceOut']
export type EvidencePart = Schema['PartOut']
export type EvidenceMark = Schema['MarkOut']
export type EvidenceList = Schema['EvidenceList']
export type Storage = Schema['StorageOut']
/** An area drawn by hand: corners as shares of width and height, times in seconds of the part. */
export type Mask = Partial<Omit<Schema['MaskIn'], 'points'>> & { points: [number, number][] }

const of = (incidentId: number, path = '') => `/incidents/${incidentId}/evidence${path}`

export const fetchEvidence = (incidentId: number) => call<EvidenceList>(of(incidentId))

export const fetchStorage = () => call<Storage>('/evidence/storage')

export const beginClip = (incidentId: number, body: { camera_id: number; purpose: string; before_s?: number }) =>
  call<Evidence>(of(incidentId, '/clips'), { method: 'POST', body })

export const keepRecording = (incidentId: number, body: { camera_id: number; from: string; to: string; purpose: string }) =>
  call<Evidence>(of(incidentId, '/recordings'), { method: 'POST', body })

export const stopClip = (incidentId: number, id: number) => call<Evidence>(of(incidentId, `/${id}/stop`), { method: 'POST' })

export const keepSnapshot = (incidentId: number, body: { camera_id: number; purpose: string }) =>
  call<Evidence>(of(incidentId, '/snapshots'), { method: 'POST', body })

export const setMark = (incidentId: number, body: { text: string; at?: string; camera_id?: number }) =>
  call<EvidenceMark>(of(incidentId, '/marks'), { method: 'POST', body })

export const holdEvidence = (id: number, body: { held: boolean; reason: string }) =>
  call<Evidence>(`/evidence/${id}/hold`, { method: 'POST', body })

export const publishEvidence = (id: number, body: { masks: Mask[]; purpose: string }) =>
  call<Evidence>(`/evidence/${id}/publication`, { method: 'POST', body })

/** Addresses for the browser itself; the session's cookie opens them, and each reading is registered. */
export const fileAddress = (id: number, part: number, purpose: string) => address(`/evidence/${id}/file`, { part, purpose })
export const exportAddress = (id: number, purpose: string) => address(`/evidence/${id}/export`, { purpose })

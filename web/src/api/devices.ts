import { call, fetchRaw } from './client'
import type { components } from './schema'

type Schema = components['schemas']

export type Enrolment = Schema['EnrolmentShape']
export type EnrolmentRow = Schema['EnrolmentRowShape']
export type EnrolmentRowPage = Schema['EnrolmentRowPage']
export type RowState = EnrolmentRow['state']
export type DiscoveryOrder = Partial<Schema['DiscoveryOrder']>
export type ProbeOrder = Partial<Schema['ProbeOrder']>
export type Login = Schema['LoginShape']
export type Duplicate = Schema['Duplicate']
export type Quirk = Schema['QuirkShape']

const list = (id: number) => `/devices/enrolments/${id}`

export const fetchLists = () => call<Schema['EnrolmentPage']>('/devices/enrolments').then((answer) => answer.enrolments)
export const fetchList = (id: number) => call<Enrolment>(list(id))

export function uploadList(file: File): Promise<Enrolment> {
  const form = new FormData()
  form.append('file', file)
  return call<Enrolment>('/devices/enrolments', { method: 'POST', form })
}

export const discoverDevices = (order: DiscoveryOrder) => call<Enrolment>('/devices/discover', { method: 'POST', body: order })

export const fetchRows = (id: number, state: RowState | '', after = 0) =>
  call<EnrolmentRowPage>(`${list(id)}/rows`, { query: { state, after, limit: 200 } })

export const probeList = (id: number, order: ProbeOrder) => call<Enrolment>(`${list(id)}/probe`, { method: 'POST', body: order })
export const cancelList = (id: number) => call<Enrolment>(`${list(id)}/cancel`, { method: 'POST' })
export const chooseCamera = (id: number, row: number, choice: { camera_id?: number | null; is_left?: boolean }) =>
  call<EnrolmentRow>(`${list(id)}/rows/${row}`, { method: 'PATCH', body: choice })
export const enrolRows = (id: number) => call<Enrolment>(`${list(id)}/enrol`, { method: 'POST', body: {} })

export async function downloadReport(id: number): Promise<void> {
  const response = await fetchRaw(`${list(id)}/report`)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = `devices-${id}.csv`
  link.click()
  URL.revokeObjectURL(link.href)
}

export const fetchLogins = () => call<Schema['LoginList']>('/devices/logins').then((answer) => answer.logins)
export const keepLogin = (login: Schema['LoginNew']) => call<Login>('/devices/logins', { method: 'POST', body: login })

export const fetchDuplicates = () => call<Schema['DuplicateList']>('/devices/duplicates').then((answer) => answer.duplicates)
export const mergeDuplicates = (keep_id: number, drop_ids: number[]) =>
  call<Schema['DuplicateList']>('/devices/duplicates/merge', { method: 'POST', body: { keep_id, drop_ids } }).then((answer) => answer.duplicates)
export const fetchQuirks = () => call<Schema['QuirkList']>('/devices/quirks').then((answer) => answer.quirks)

import { call } from './client'
import type { Account, ImportReport, InspectReport, NewAccount, PastImport, RegisterEntry, RegisterVerdict, Session, Site } from './types'

export const fetchSite = () => call<Site>('/site')
export const fetchSession = () => call<Session>('/session')
export const openSession = (username: string, password: string) =>
  call<Session>('/session', { method: 'POST', body: { username, password } })
export const closeSession = () => call<undefined>('/session', { method: 'DELETE' })

export const fetchAccounts = () => call<{ users: Account[] }>('/users').then((answer) => answer.users)
export const addAccount = (account: NewAccount) => call<Account>('/users', { method: 'POST', body: account })
export const changeAccount = (id: number, change: { is_active: boolean }) =>
  call<Account>(`/users/${id}`, { method: 'PATCH', body: change })

export const importFile = (kind: string, form: FormData, signal?: AbortSignal) =>
  call<ImportReport>(`/imports/${kind}`, { method: 'POST', form, signal })
export const inspectFile = (form: FormData, signal?: AbortSignal) =>
  call<InspectReport>('/imports/inspect', { method: 'POST', form, signal })
export const fetchImports = () => call<{ imports: PastImport[] }>('/imports').then((answer) => answer.imports)

export interface RegisterQuery {
  limit?: number
  before?: number
  camera_id?: number | string
  incident_id?: number | string
}
export const fetchRegister = (query: RegisterQuery) =>
  call<{ entries: RegisterEntry[] }>('/register', { query: { ...query } }).then((answer) => answer.entries)
export const verifyRegister = () => call<RegisterVerdict>('/register/verify')

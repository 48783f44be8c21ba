import { call } from './client'
import type { ImportReport, RegisterEntry, Role, Session, Site, User } from './types'

export const fetchSite = () => call<Site>('/site')
export const fetchSession = () => call<Session>('/session')
export const openSession = (username: string, password: string) =>
  call<Session>('/session', { method: 'POST', body: { username, password } })
export const closeSession = () => call<undefined>('/session', { method: 'DELETE' })

export const fetchUsers = () => call<{ users: User[] }>('/users').then((answer) => answer.users)
export interface NewUser {
  username: string
  display_name: string
  password: string
  role: Role
  division_code: string
}
export const addUser = (user: NewUser) => call<User>('/users', { method: 'POST', body: user })
export const changeUser = (id: number, change: Record<string, unknown>) =>
  call<User>(`/users/${id}`, { method: 'PATCH', body: change })

export const importFile = (kind: string, form: FormData, signal?: AbortSignal) =>
  call<ImportReport>(`/imports/${kind}`, { method: 'POST', form, signal })

export interface PastImport {
  id?: number
  kind: string
  file: string
  at?: string
  imported_at?: string
  actor?: string | null
  counts?: ImportReport['counts']
  written?: boolean
}
export const fetchImports = () => call<{ imports: PastImport[] }>('/imports').then((answer) => answer.imports)

export interface RegisterQuery {
  limit?: number
  before?: number
  camera_id?: number | string
  incident_id?: number | string
}
export const fetchRegister = (query: RegisterQuery) =>
  call<{ entries: RegisterEntry[] }>('/register', { query: { ...query } }).then((answer) => answer.entries)
export const verifyRegister = () =>
  call<{ ok: boolean; count: number; first_bad: number | null }>('/register/verify')

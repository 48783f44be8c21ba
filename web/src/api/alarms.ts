import { call } from './client'
import type { components } from './schema'
import type { Severity, SightAnswer } from './types'

type Schema = components['schemas']

export type Alarm = Schema['AlarmRow']
export type AlarmPage = Schema['AlarmPage']
export type AlarmRule = Schema['RuleRow']
export type AlarmKind = AlarmRule['kinds'][number]
export type AlarmOutcome = Alarm['outcome']
export type AlarmWindow = Schema['WindowIn']
/** A rule as it is written; what has a default at the server may be left out. */
export type AlarmRuleOrder = Partial<Schema['RuleNew']> & Pick<Schema['RuleNew'], 'name' | 'kinds' | 'outcome'>
export type AlarmTrial = Schema['TrialOut']
export type AlarmSubscriptions = Schema['SubscriptionPage']

export interface AlarmQuery {
  shown: 'told' | 'open' | 'all'
  kind?: AlarmKind
  before?: number
  limit?: number
}

export const fetchAlarms = (query: AlarmQuery) => call<AlarmPage>('/alarms', { query: { ...query } })
export const fetchAlarm = (id: number) => call<Alarm>(`/alarms/${id}`)
export const fetchAlarmCameras = (id: number) => call<SightAnswer>(`/alarms/${id}/cameras`)
export const seeAlarm = (id: number) => call<Alarm>(`/alarms/${id}/seen`, { method: 'POST' })
export const seeAlarms = (up_to: number) => call<{ seen: number }>('/alarms/seen', { method: 'POST', query: { up_to } })

export const reportAlarm = (id: number, told: { kind: string; severity: Severity; description: string }) =>
  call<{ incident_id: number; number: string }>(`/alarms/${id}/incident`, { method: 'POST', body: told })

export const fetchAlarmRules = () => call<{ rows: AlarmRule[] }>('/alarms/rules').then(({ rows }) => rows)
export const addAlarmRule = (order: AlarmRuleOrder) => call<AlarmRule>('/alarms/rules', { method: 'POST', body: order })
export const changeAlarmRule = (id: number, order: AlarmRuleOrder & { version: number }) => call<AlarmRule>(`/alarms/rules/${id}`, { method: 'PATCH', body: order })
export const removeAlarmRule = (id: number) => call<undefined>(`/alarms/rules/${id}`, { method: 'DELETE' })
export const tryAlarmRule = (order: AlarmRuleOrder) => call<AlarmTrial>('/alarms/rules/trial', { method: 'POST', body: order })
export const fetchSubscriptions = () => call<AlarmSubscriptions>('/alarms/subscriptions', { query: { limit: 200 } })

// Dispatch: tasks, their assignments to units, photographs, departments and call-outs.

import { address, call } from './client'
import type { Page } from './planning'
import type { components } from './schema'

type Schema = components['schemas']

export type TaskRow = Schema['TaskRow']
export type TaskSheet = Schema['TaskSheet']
export type TaskKind = TaskRow['kind']
export type Assignment = Schema['AssignmentOut']
export type AssignmentAct = Schema['AssignmentStepIn']['act']
export type Callout = Schema['CalloutOut']
export type CalloutAct = Schema['CalloutStepIn']['act']
export type TaskOrder = Partial<Schema['TaskIn']>
export type NearUnit = Schema['NearRow']
/** A unit that is not proposed, and what speaks against it. */
export type ExcludedUnit = Schema['ExcludedRow']
export type Department = Schema['DepartmentOut']
export type TaskSums = Schema['AssignmentStatRow']

export const fetchTasks = (query: { state?: string; offset?: number; limit?: number }) => call<Page<TaskRow>>('/tasks', { query: { ...query } })
export const fetchTask = (id: number) => call<TaskSheet>(`/tasks/${id}`)
/** The key makes a repeated send (double click, retry after a lost answer) the same task. */
export const addTask = (order: TaskOrder, key: string) => call<TaskSheet>('/tasks', { method: 'POST', body: order, headers: { 'Idempotency-Key': key } })
export const offerTask = (id: number, unit_ids: number[], key: string) =>
  call<unknown>(`/tasks/${id}/assignments`, { method: 'POST', body: { unit_ids }, headers: { 'Idempotency-Key': key } })
export const actOnTask = (id: number, act: { act: Schema['TaskStepIn']['act']; version: number; text?: string }) =>
  call<TaskSheet>(`/tasks/${id}/acts`, { method: 'POST', body: act })
export const actOnAssignment = (id: number, act: { act: AssignmentAct; version: number; text?: string }) =>
  call<unknown>(`/assignments/${id}/acts`, { method: 'POST', body: act })
export const fetchNearest = (query: { lon: number; lat: number; skills?: string; kind?: string; limit?: number }, signal?: AbortSignal) =>
  call<Schema['NearPage']>('/dispatch/nearest', { query: { ...query }, signal })
export const photographAddress = (id: number) => address(`/photographs/${id}`)
export const fetchDepartments = () => call<Page<Department>>('/departments')
export const callOut = (id: number, department_id: number) =>
  call<unknown>(`/tasks/${id}/callouts`, { method: 'POST', body: { department_id } })
export const actOnCallout = (id: number, act: { act: CalloutAct; version: number; text?: string }) =>
  call<unknown>(`/callouts/${id}/acts`, { method: 'POST', body: act })
export const fetchTaskSums = (span: { from: string; to: string }) => call<Schema['AssignmentStats']>('/tasks/stats', { query: { ...span } })

// The clock that runs for an assignment, and the order of the board.

import type { Assignment, TaskRow } from '@/api/tasks'
import type { Severity } from '@/api/types'

export interface Clock {
  /** What must happen before the time is over. */
  until: 'accept' | 'arrive' | 'finish'
  due_at: string
  /** Seconds left; negative once it is over. */
  left_s: number
}

const waits: Partial<Record<Assignment['state'], 'accept' | 'arrive'>> = { offered: 'accept', accepted: 'arrive', under_way: 'arrive' }

/** Null where no clock runs: ended, arrived, or set without a limit. */
export function clockOf(assignment: Pick<Assignment, 'state' | 'accept_by' | 'arrive_by'>, now: Date): Clock | null {
  const until = waits[assignment.state]
  const due_at = until === 'accept' ? assignment.accept_by : until === 'arrive' ? assignment.arrive_by : null
  if (!until || !due_at) return null
  return { until, due_at, left_s: Math.round((Date.parse(due_at) - now.getTime()) / 1000) }
}

/** "4:05", past ones with a sign in front; hours when there are any. */
export function clockText(left_s: number): string {
  const size_s = Math.abs(left_s)
  const [hours, minutes, seconds] = [Math.floor(size_s / 3600), Math.floor((size_s % 3600) / 60), size_s % 60]
  const tail = `${hours ? String(minutes).padStart(2, '0') : minutes}:${String(seconds).padStart(2, '0')}`
  return `${left_s < 0 ? '+' : ''}${hours ? `${hours}:` : ''}${tail}`
}

/** "6 min"; below one minute still one, since nobody arrives in none. */
export const minutesOf = (span_s: number) => Math.max(1, Math.round(span_s / 60))

const open = new Set<Assignment['state']>(['offered', 'accepted', 'under_way', 'arrived'])
export const isOpen = ({ state }: Pick<Assignment, 'state'>) => open.has(state)

/** The clock of a task: the one that runs out first, then its own deadline. */
export function nextClock(task: TaskRow, now: Date): Clock | null {
  const clocks = task.assignments.flatMap((assignment) => clockOf(assignment, now) ?? [])
  const own: Clock[] = task.deadline_at && task.state === 'open'
    ? [{ until: 'finish', due_at: task.deadline_at, left_s: Math.round((Date.parse(task.deadline_at) - now.getTime()) / 1000) }]
    : []
  return [...clocks, ...own].sort((a, b) => a.left_s - b.left_s)[0] ?? null
}

/** Nobody has it: nothing was offered, or all refused, let it pass or were withdrawn. */
export const isUnheld = (task: TaskRow) => task.state === 'open' && !task.assignments.some((one) => isOpen(one) || one.state === 'done')

export const isOverdue = (task: TaskRow, now: Date) => (nextClock(task, now)?.left_s ?? 0) < 0

const severityRank: Record<Severity, number> = { red: 0, yellow: 1, blue: 2 }

/** Open before ended, then by colour, then the newest first. */
export function boardOrder(a: TaskRow, b: TaskRow): number {
  return Number(a.state !== 'open') - Number(b.state !== 'open') || severityRank[a.severity] - severityRank[b.severity] || b.created_at.localeCompare(a.created_at)
}

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ApiError } from '@/api/client'
import { fetchToday } from '@m/api'
import { actsFrom, dutyAfter, stateAfter } from '@m/queue/overlay'
import type { Today, TodayTask } from '@m/types'
import { useAccount } from './account'
import { useQueue } from './queue'
import { keep, kept } from './records'

const rank = { red: 0, yellow: 1, blue: 2 }
const open = ['offered', 'accepted', 'under_way', 'arrived']

/** The unit, its duty and its tasks: as last read, with what waits here laid over. */
export const useToday = defineStore('handheld-today', () => {
  const account = useAccount()
  const queue = useQueue()
  const today = ref<Today | null>(null)
  const fault = ref<string | null>(null)

  async function recall(): Promise<void> {
    today.value = await kept<Today>('today')
  }

  async function refresh(): Promise<void> {
    try {
      today.value = await fetchToday()
      fault.value = null
      await keep('today', today.value)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.isSignedOut) account.end()
      fault.value = error.status === 0 ? null : error.message
    }
  }

  const transitions = computed(() => today.value?.transitions ?? [])

  function shown(task: TodayTask) {
    const after = stateAfter(task.state, `assignment:${task.assignment_id}`, queue.entries, transitions.value)
    return { ...task, ...after, acts: actsFrom(after.state, transitions.value), isOpen: open.includes(after.state) }
  }

  const tasks = computed(() =>
    (today.value?.tasks ?? [])
      .map(shown)
      .sort((one, other) => Number(other.isOpen) - Number(one.isOpen) || rank[one.severity] - rank[other.severity] || other.assignment_id - one.assignment_id),
  )
  const isOnDuty = computed(() => dutyAfter(today.value?.duty.is_on ?? false, queue.entries))
  const forget = () => (today.value = null)

  return { today, fault, tasks, isOnDuty, transitions, recall, refresh, forget }
})

export type ShownTask = ReturnType<typeof useToday>['tasks'][number]

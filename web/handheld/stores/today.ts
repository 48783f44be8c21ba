import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { ApiError } from '@/api/client'
import { fetchToday } from '@m/api'
import { actsFrom, dutyAfter, stateAfter, toldSince } from '@m/queue/overlay'
import type { Today, TodayTask } from '@m/types'
import { useAccount } from './account'
import { useQueue } from './queue'
import { keep, kept } from './records'

/** A day as the server told it, and when it was asked for by this phone's clock. */
interface Read {
  today: Today
  askedAt: number
}

const rank = { red: 0, yellow: 1, blue: 2 }
const open = ['offered', 'accepted', 'under_way', 'arrived']

/** The unit, its duty and its tasks: as last read, with what waits here laid over. */
export const useToday = defineStore('handheld-today', () => {
  const account = useAccount()
  const queue = useQueue()
  const today = ref<Today | null>(null)
  const askedAt = ref(0)
  let asked = 0
  let answered = 0
  const fault = ref<string | null>(null)

  async function recall(): Promise<void> {
    const read = await kept<Read>('today')
    if (read?.today) show(read)
  }

  function show(read: Read): void {
    today.value = read.today
    askedAt.value = read.askedAt
  }

  async function refresh(): Promise<void> {
    const turn = ++asked
    const at = Date.now()
    try {
      const read = { today: await fetchToday(), askedAt: at }
      fault.value = null
      if (turn < answered) return // a younger answer has come before this one
      answered = turn
      show(read)
      await keep('today', read)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.isSignedOut) account.end()
      fault.value = error.status === 0 ? null : error.message
    }
  }

  const transitions = computed(() => today.value?.transitions ?? [])

  const told = computed(() => toldSince(queue.answers.filter((answer) => answer.owner === account.user?.id), askedAt.value))

  function shown(task: TodayTask) {
    const after = stateAfter(task.state, `assignment:${task.assignment_id}`, told.value, queue.entries, transitions.value)
    return { ...task, ...after, acts: actsFrom(after.state, transitions.value), isOpen: open.includes(after.state) }
  }

  const tasks = computed(() =>
    (today.value?.tasks ?? [])
      .map(shown)
      .sort((one, other) => Number(other.isOpen) - Number(one.isOpen) || rank[one.severity] - rank[other.severity] || other.assignment_id - one.assignment_id),
  )
  const isOnDuty = computed(() => dutyAfter(today.value?.duty.is_on ?? false, told.value, queue.entries))
  const forget = () => (today.value = null)

  return { today, fault, tasks, isOnDuty, transitions, recall, refresh, forget }
})

export type ShownTask = ReturnType<typeof useToday>['tasks'][number]

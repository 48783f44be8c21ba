import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/tasks'
import { boardOrder } from '@/tasks/clocks'

const page = 500
/** Of ended tasks the newest are enough for a board. */
const most = 5000

/** The board of tasks, and the one being looked at. */
export const useTasks = defineStore('tasks', () => {
  const byId = shallowRef(new Map<number, api.TaskRow>())
  const isLoaded = ref(false)
  const failure = ref<unknown>(null)
  const scope = ref<'open' | 'all'>('open')
  const opened = shallowRef<api.TaskSheet | null>(null)
  const openFailure = ref<unknown>(null)
  const departments = shallowRef<api.Department[] | null>(null)

  const board = computed(() => [...byId.value.values()].filter(({ state }) => scope.value === 'all' || state === 'open').sort(boardOrder))
  const openCount = computed(() => [...byId.value.values()].filter(({ state }) => state === 'open').length)

  const put = (task: api.TaskRow) => (byId.value = new Map(byId.value).set(task.id, task))

  async function load(): Promise<void> {
    try {
      const found = new Map<number, api.TaskRow>()
      for (;;) {
        const { rows, total } = await api.fetchTasks({ state: scope.value, offset: found.size, limit: page })
        for (const row of rows) found.set(row.id, row)
        if (rows.length === 0 || found.size >= Math.min(total, most)) break
      }
      byId.value = found
      isLoaded.value = true
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  let wanted: number | null = null
  async function open(id: number): Promise<void> {
    if (wanted !== id) opened.value = null
    wanted = id
    openFailure.value = null
    try {
      const task = await api.fetchTask(id)
      put(task)
      if (wanted === id) opened.value = task
    } catch (error) {
      if (wanted === id) openFailure.value = error
    }
  }

  /** One task changed somewhere: fetch it alone. */
  async function refetch(id: number): Promise<void> {
    const task = await api.fetchTask(id)
    put(task)
    if (wanted === id) opened.value = task
  }

  function leave(): void {
    wanted = null
    opened.value = null
    openFailure.value = null
  }

  const loadDepartments = async () => void (departments.value ??= (await api.fetchDepartments()).rows)

  return { byId, board, openCount, isLoaded, failure, scope, opened, openFailure, departments, put, load, open, refetch, leave, loadDepartments }
})

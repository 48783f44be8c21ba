import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { fetchGridsOf, previewChange, type Draft, type GridCollection, type GridFeature, type Operation, type Preview } from '@/api/grids'
import { latestOf } from '@/plan/latest'
import { useToasts } from './toasts'

const key = 'gridlink.gridDraft'

function stored(): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Draft | null
  } catch {
    return null
  }
}

/** Grids of a set on a day, and the change set being made of them: operations in order, and what the server says they would do. */
export const useGridDraft = defineStore('gridDraft', () => {
  const toasts = useToasts()
  const setName = ref<string | null>(null)
  const at = ref<string | null>(null)
  const base = shallowRef<GridCollection | null>(null)
  const isLoading = ref(false)
  const fault = ref('')
  const operations = ref<Operation[]>([])
  const undone = ref<Operation[]>([])
  const preview = shallowRef<Preview | null>(null)
  const isAsking = ref(false)
  let abort: AbortController | null = null

  const question = latestOf<Draft, Preview>({
    run: previewChange,
    onAnswer: (answer) => (preview.value = answer),
    onFault: (error) => {
      // What the server refuses is not part of the draft; the draft before it stands.
      operations.value = operations.value.slice(0, -1)
      toasts.fault(error)
    },
    onIdle: () => (isAsking.value = false),
  })

  function ask(): void {
    if (operations.value.length === 0 || !setName.value) {
      question.drop()
      preview.value = null
      return
    }
    isAsking.value = true
    question.ask({ set_name: setName.value, operations: operations.value })
  }

  function add(operation: Operation): void {
    operations.value = [...operations.value, operation]
    undone.value = []
    ask()
  }

  function undo(): boolean {
    const last = operations.value.at(-1)
    if (!last) return false
    operations.value = operations.value.slice(0, -1)
    undone.value = [...undone.value, last]
    ask()
    return true
  }

  function redo(): boolean {
    const next = undone.value.at(-1)
    if (!next) return false
    undone.value = undone.value.slice(0, -1)
    operations.value = [...operations.value, next]
    ask()
    return true
  }

  function clear(): void {
    operations.value = []
    undone.value = []
    ask()
  }

  async function load(set: string, day: string | null): Promise<void> {
    abort?.abort()
    abort = new AbortController()
    if (set !== setName.value && operations.value.length > 0) clear()
    setName.value = set
    at.value = day
    isLoading.value = true
    try {
      base.value = await fetchGridsOf(set, day, abort.signal)
      fault.value = ''
      restore()
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return
      base.value = null
      fault.value = (error as Error).message
    }
    isLoading.value = false
  }

  /** A draft survives a reload of the page, in this window. */
  function restore(): void {
    const kept = stored()
    if (!kept || kept.set_name !== setName.value || operations.value.length > 0 || kept.operations.length === 0) return
    operations.value = kept.operations
    ask()
  }

  const reload = () => (setName.value ? load(setName.value, at.value).then(ask) : Promise.resolve())

  watch(operations, (now) => {
    if (setName.value && now.length > 0) sessionStorage.setItem(key, JSON.stringify({ set_name: setName.value, operations: now }))
    else sessionStorage.removeItem(key)
  })

  const endedIds = computed(() => new Set(preview.value?.ended.map(({ id }) => id) ?? []))
  const ended = computed<GridFeature[]>(() => base.value?.features.filter(({ id }) => endedIds.value.has(id)) ?? [])
  /** The grids as they would be: what stays, and what the draft makes. */
  const current = computed<GridFeature[]>(() => {
    const made = preview.value?.after.features ?? []
    const madeIds = new Set(made.map(({ id }) => id))
    return [...(base.value?.features.filter(({ id }) => !endedIds.value.has(id) && !madeIds.has(id)) ?? []), ...made]
  })
  const madeIds = computed(() => preview.value?.after.features.map(({ id }) => id) ?? [])

  return { setName, at, base, isLoading, fault, operations, undone, preview, isAsking, current, ended, madeIds, add, undo, redo, clear, load, reload }
})

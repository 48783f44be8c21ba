import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { actOnChange, addChange } from '@/api/grids'
import { fetchTiling, previewMends, type FaultKind, type MendOrder, type MendPreview, type TilingPage } from '@/api/tiling'

export const faultKinds = ['overlap', 'gap', 'sliver', 'piece', 'parent', 'unfilled'] as const satisfies readonly FaultKind[]

/** Faults of the set that is looked at, what is picked of them, and what mending it would do. */
export const useTiling = defineStore('tiling', () => {
  const setName = ref<string | null>(null)
  const threshold_m2 = ref(1)
  const kinds = ref<FaultKind[]>([...faultKinds])
  const page = shallowRef<TilingPage | null>(null)
  const preview = shallowRef<MendPreview | null>(null)
  const picked = ref<string[]>([])
  const chosen = ref<string | null>(null)
  const fault = ref('')
  const since = ref<number | null>(null)
  let abort: AbortController | null = null

  const isBusy = computed(() => since.value !== null)
  const faults = computed(() => page.value?.faults.filter(({ kind }) => kinds.value.includes(kind)) ?? [])

  async function work(does: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    abort?.abort()
    const own = (abort = new AbortController())
    since.value = Date.now()
    fault.value = ''
    try {
      await does(own.signal)
      return true
    } catch (error) {
      if (!own.signal.aborted) fault.value = (error as Error).message
      return false
    } finally {
      if (abort === own) since.value = null
    }
  }

  async function check(name: string): Promise<void> {
    if (setName.value !== name) page.value = null
    setName.value = name
    drop()
    await work(async (signal) => {
      page.value = await fetchTiling(name, threshold_m2.value, signal)
    })
  }

  function ask(order: Omit<MendOrder, 'set_name'>): Promise<boolean> {
    const name = setName.value
    return work(async (signal) => {
      if (name) preview.value = await previewMends({ set_name: name, ...order }, signal)
    })
  }

  /** The mends become a change set, in force at once; it can be reverted like any other. */
  function apply(title: string, reason: string): Promise<boolean> {
    const { value: asked } = preview
    const name = setName.value
    return work(async () => {
      if (!asked || !name) return
      const made = await addChange({ set_name: name, title, reason, planned_for: null, operations: asked.operations })
      await actOnChange(made.id, 'apply', made.version)
    })
  }

  function stop(): void {
    abort?.abort()
    since.value = null
  }

  function drop(): void {
    preview.value = null
    picked.value = []
    chosen.value = null
  }

  return { setName, threshold_m2, kinds, page, preview, picked, chosen, fault, since, isBusy, faults, check, ask, apply, stop, drop }
})

import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { askBalance, fetchWorkload, type Balance, type Weights, type Workload } from '@/api/grids'
import { bordersOf, ranked } from '@/grids/load/loads'

const key = 'gridlink.gridWeights'
const asShipped: Weights = { households: 0.4, buildings: 0.15, places: 0.15, incidents: 0.2, road_m: 0.1 }

function stored(): Weights {
  try {
    return { ...asShipped, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Weights>) }
  } catch {
    return { ...asShipped }
  }
}

/** What each grid of a set has to look after, by the weights this planner has chosen, and the cut proposed for one. */
export const useGridLoads = defineStore('gridLoads', () => {
  const workload = shallowRef<Workload | null>(null)
  const weights = reactive(stored())
  const months = ref(12)
  const isLoading = ref(false)
  const fault = ref('')
  const openedId = ref<number | null>(null)
  const balance = shallowRef<Balance | null>(null)
  let setName: string | null = null
  let abort: AbortController | null = null

  const standing = computed(() => ranked(workload.value?.rows ?? [], weights))
  const grids = computed(() => standing.value.grids)
  const median = computed(() => standing.value.median)
  const borders = computed(() => bordersOf(median.value))
  const figures = computed(() => new Map(grids.value.map(({ row, load }) => [row.grid_id, load])))
  const most = computed(() => Math.max(grids.value[0]?.load ?? 0, (median.value ?? 1) * 2))
  const opened = computed(() => grids.value.find(({ row }) => row.grid_id === openedId.value) ?? null)

  async function load(name: string): Promise<void> {
    abort?.abort()
    abort = new AbortController()
    if (name !== setName) workload.value = null
    setName = name
    isLoading.value = true
    try {
      workload.value = await fetchWorkload(name, months.value, abort.signal)
      fault.value = ''
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return
      fault.value = (error as Error).message
    }
    isLoading.value = false
  }

  const reload = () => (setName ? load(setName) : Promise.resolve())
  const resetWeights = () => Object.assign(weights, workload.value?.weights ?? asShipped)

  async function askCut(id: number): Promise<void> {
    balance.value = await askBalance(id, { ...weights }, months.value)
  }

  const dropCut = () => (balance.value = null)

  function open(id: number | null): void {
    openedId.value = id
    if (balance.value?.grid_id !== id) dropCut()
  }

  watch(months, reload)
  watch(weights, (now) => {
    dropCut()
    localStorage.setItem(key, JSON.stringify(now))
  })

  return { workload, weights, months, isLoading, fault, grids, median, borders, figures, most, opened, balance, load, reload, resetWeights, askCut, dropCut, open }
})

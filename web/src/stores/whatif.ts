import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/planning'
import type { LonLat } from '@/format/coordinates'
import { latestOf } from '@/plan/latest'
import { isIdle, orderOf } from '@/plan/whatif/orders'
import { keyOf, standing, usual, whole, type Today } from '@/plan/whatif/standing'
import { useSession } from './session'

const keptSteps = 50

/** A what-if in the making: a list of changes, the answer to it, and the scenario it is saved as. Nothing real changes. */
export const useWhatIf = defineStore('whatif', () => {
  const changes = shallowRef<api.Change[]>([])
  const chosenKey = ref<string | null>(null)
  const today = shallowRef(new Map<string, Today>())
  const past = shallowRef<api.Change[][]>([])
  const saved = ref<api.Scenario | null>(null)
  const savedText = ref('[]')
  let nextNo = 1

  const chosen = computed(() => changes.value.find(({ key }) => key === chosenKey.value) ?? null)
  const orders = computed(() => changes.value.map((change) => orderOf(change, today.value.get(change.key)?.change)).filter((order) => !isIdle(order)))
  const isChanged = computed(() => JSON.stringify(orders.value) !== savedText.value)
  const question = useQuestion(() => orders.value)

  const remember = () => (past.value = [...past.value.slice(1 - keptSteps), changes.value])

  function replace(next: api.Change[]): void {
    changes.value = next
    question.ask()
  }

  /** Changes the chosen camera; a drag remembers where it began, not each of its steps. */
  function alter(change: Partial<api.Change>, isNewStep = true): void {
    if (!chosenKey.value) return
    if (isNewStep) remember()
    replace(changes.value.map((each) => (each.key === chosenKey.value ? { ...each, ...change } : each)))
  }

  function undo(): void {
    const before = past.value.at(-1)
    if (!before) return
    past.value = past.value.slice(0, -1)
    if (!before.some(({ key }) => key === chosenKey.value)) chosenKey.value = null
    replace(before)
  }

  async function know(id: number): Promise<Today> {
    const known = today.value.get(keyOf(id)) ?? (await standing(id))
    today.value = new Map(today.value).set(keyOf(id), known)
    return known
  }

  /** Takes a real camera into the what-if as it stands, and chooses it. */
  async function take(id: number): Promise<void> {
    const { change } = await know(id)
    if (!changes.value.some(({ key }) => key === change.key)) {
      remember()
      replace([...changes.value, change])
    }
    chosenKey.value = change.key
  }

  /** A new camera like the one last chosen. */
  function add(at: LonLat): void {
    const { height_m, fov_deg, range_m, width_px, azimuth_deg } = chosen.value ?? usual
    const key = `new-${nextNo++}`
    remember()
    replace([...changes.value, { ...usual, height_m, fov_deg, range_m, width_px, azimuth_deg, lon: at.lon, lat: at.lat, op: 'add', key }])
    chosenKey.value = key
  }

  /** A real camera is marked as taken down, or kept again; a new one simply goes. */
  function strike(): void {
    if (chosen.value?.op === 'add') forget(chosen.value.key)
    else alter({ op: chosen.value?.op === 'remove' ? 'move' : 'remove' })
  }

  /** Leaves a camera as it is today. */
  function forget(key: string): void {
    remember()
    if (chosenKey.value === key) chosenKey.value = null
    replace(changes.value.filter((each) => each.key !== key))
  }

  function begin(): void {
    past.value = []
    today.value = new Map()
    chosenKey.value = null
    saved.value = null
    savedText.value = '[]'
    replace([])
  }

  async function open(id: number): Promise<void> {
    const scenario = await api.fetchScenario(id)
    begin()
    // A camera that is gone leaves its change out of view; the server says so when the scenario is applied.
    const known = await Promise.all(scenario.changes.map(({ camera_id }) => (camera_id ? know(camera_id).catch(() => undefined) : null)))
    const present = scenario.changes.flatMap((change, i) => (known[i] === undefined ? [] : [whole(change, i, known[i])]))
    nextNo = present.length + 1
    // Who may only look cannot ask for changes of his own, but the scenario as it was saved has its figures.
    if (useSession().may('coverage.plan')) replace(present)
    else {
      changes.value = present
      await question.look(scenario.id)
    }
    adopt(scenario)
  }

  function adopt(scenario: api.Scenario): void {
    saved.value = scenario
    savedText.value = JSON.stringify(orders.value)
  }

  return { changes, orders, chosenKey, chosen, today, saved, past, isChanged, ...question, alter, undo, take, add, strike, forget, begin, open, adopt }
})

/** The question "what would change": one is under way, and of those that wait only the latest is asked. */
function useQuestion(orders: () => api.ChangeOrder[]) {
  const answer = shallowRef<api.WhatIfAnswer | null>(null)
  const answered_ms = ref<number | null>(null)
  const isAsking = ref(false)
  const failure = ref<unknown>(null)
  const reading = ref<api.Reading>('installed')
  const scale = ref<api.Scale>('iec')

  const latest = latestOf<api.ChangeOrder[], { found: api.WhatIfAnswer; took_ms: number }>({
    run: async (asked) => {
      const start_ms = performance.now()
      return { found: await api.askWhatIf(asked, reading.value, scale.value), took_ms: performance.now() - start_ms }
    },
    onAnswer: ({ found, took_ms }) => {
      answer.value = found
      answered_ms.value = took_ms
      failure.value = null
    },
    onFault: (error) => (failure.value = error),
    onIdle: () => (isAsking.value = false),
  })

  function ask(): void {
    if (orders().length > 0) {
      isAsking.value = true
      latest.ask(orders())
      return
    }
    latest.drop()
    answer.value = null
    failure.value = null
  }

  async function look(scenarioId: number): Promise<void> {
    try {
      answer.value = await api.fetchScenarioFigures(scenarioId, reading.value, scale.value)
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  function read(next: api.Reading, on: api.Scale): void {
    if (reading.value === next && scale.value === on) return
    reading.value = next
    scale.value = on
    ask()
  }

  return { answer, answered_ms, isAsking, failure, ask, look, read }
}

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/planning'

const isUnderWay = (job: api.Job) => job.state === 'waiting' || job.state === 'running'

/** Runs of the siting solver, the one being looked at, and the areas no site may enter. */
export const useSitings = defineStore('sitings', () => {
  const runs = shallowRef<api.Siting[] | null>(null)
  const opened = shallowRef<api.Siting | null>(null)
  const chosenRank = ref<number | null>(null)
  const areas = shallowRef<api.RestrictedArea[]>([])
  const failure = ref<unknown>(null)

  const proposals = computed(() => opened.value?.proposals ?? [])
  const hasRunning = computed(() => (runs.value ?? []).some(isUnderWay) || (opened.value !== null && isUnderWay(opened.value)))

  async function load(): Promise<void> {
    try {
      runs.value = (await api.fetchSitings()).rows
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  async function open(id: number): Promise<void> {
    if (opened.value?.id !== id) chosenRank.value = null
    try {
      opened.value = await api.fetchSiting(id)
      failure.value = null
    } catch (error) {
      failure.value = error
    }
  }

  function leave(): void {
    opened.value = null
    chosenRank.value = null
  }

  /** Progress and results of what is shown, after a notice. */
  async function refresh(id: number | null = null): Promise<void> {
    const shown = opened.value?.id ?? null
    await Promise.all([load(), shown !== null && (id === null || id === shown) ? open(shown) : undefined])
  }

  const loadAreas = async () => {
    areas.value = (await api.fetchRestrictedAreas()).rows
  }

  return { runs, opened, chosenRank, areas, failure, proposals, hasRunning, load, open, leave, refresh, loadAreas }
})

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/patrol'
import type { ByGrids } from '@/api/whose'
import type { LonLat } from '@/format/coordinates'

const page = 5000

/** Which grids were visited, what is required of them, and what was missed. */
export const usePatrol = defineStore('patrol', () => {
  const figures = shallowRef<api.GridFigures[]>([])
  const figuresAt = ref<Date | null>(null)
  const isLoading = ref(false)
  const failure = ref<unknown>(null)
  const grid = shallowRef<api.GridPatrol | null>(null)
  const gridFailure = ref<unknown>(null)
  const alerts = shallowRef<api.Alert[] | null>(null)
  const alertFailure = ref<unknown>(null)
  const requirements = shallowRef<api.Requirement[] | null>(null)
  const checkpoints = shallowRef<api.Checkpoint[]>([])
  const loop = shallowRef<api.Loop | null>(null)
  /** The place of a checkpoint in the making, told by a click on the map; undefined: none is being made. */
  const pointDraft = ref<LonLat | null | undefined>()

  const figuresOf = computed(() => new Map(figures.value.map((row) => [row.grid_id, row])))
  const openAlerts = computed(() => (alerts.value ?? []).filter(({ cleared_at }) => cleared_at === null))

  let asked = ''
  /** All grids, a page after another; what was shown stays until the new rows are here. */
  async function loadFigures(span: api.Span, by: ByGrids): Promise<void> {
    const mine = (asked = `${span.from} ${span.to} ${by}`)
    isLoading.value = true
    const rows: api.GridFigures[] = []
    try {
      for (;;) {
        const answer = await api.fetchGridFigures(span, by, { offset: rows.length, limit: page })
        if (asked !== mine) return
        rows.push(...answer.rows)
        if (answer.rows.length === 0 || rows.length >= answer.total) break
      }
      figures.value = rows
      figuresAt.value = new Date()
      failure.value = null
    } catch (error) {
      if (asked === mine) failure.value = error
    }
    if (asked === mine) isLoading.value = false
  }

  let wanted: number | null = null
  async function openGrid(id: number, span: api.Span, by: ByGrids): Promise<void> {
    if (wanted !== id) grid.value = null
    wanted = id
    gridFailure.value = null
    try {
      const found = await api.fetchGridPatrol(id, span, by)
      if (wanted === id) grid.value = found
    } catch (error) {
      if (wanted === id) gridFailure.value = error
    }
  }

  function leaveGrid(): void {
    wanted = null
    grid.value = null
    gridFailure.value = null
  }

  async function loadAlerts(): Promise<void> {
    try {
      alerts.value = (await api.fetchAlerts()).rows
      alertFailure.value = null
    } catch (error) {
      alertFailure.value = error
    }
  }

  const putAlert = (changed: api.Alert) => (alerts.value = (alerts.value ?? []).map((alert) => (alert.id === changed.id ? changed : alert)))
  const loadRequirements = async () => void (requirements.value = (await api.fetchRequirements()).rows)
  const loadCheckpoints = async () => void (checkpoints.value = (await api.fetchCheckpoints()).rows)

  return {
    figures, figuresAt, figuresOf, isLoading, failure, grid, gridFailure, alerts, openAlerts, alertFailure, requirements, checkpoints, loop, pointDraft,
    loadFigures, openGrid, leaveGrid, loadAlerts, putAlert, loadRequirements, loadCheckpoints,
  }
})

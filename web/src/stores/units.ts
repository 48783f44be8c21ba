import type { FeatureCollection, LineString } from 'geojson'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import * as api from '@/api/units'
import { byName } from '@/units/standing'

const page = 1000

/** All units of the jurisdiction with their last positions, and the one being looked at with today's track. */
export const useUnits = defineStore('units', () => {
  const byId = shallowRef(new Map<number, api.Unit>())
  /** Ids in order of name; positions do not change it. */
  const roster = shallowRef<number[]>([])
  const isLoaded = ref(false)
  const failure = ref<unknown>(null)
  const asOf = ref<Date | null>(null)
  const opened = shallowRef<api.Unit | null>(null)
  const openFailure = ref<unknown>(null)
  const track = shallowRef<FeatureCollection<LineString, api.TrackLeg> | null>(null)
  let version: number | null = null

  async function load(): Promise<void> {
    const found = new Map<number, api.Unit>()
    try {
      for (;;) {
        const { rows, total } = await api.fetchUnits({ offset: found.size, limit: page })
        for (const row of rows) found.set(row.id, row)
        if (rows.length === 0 || found.size >= total) break
      }
      keep(found)
      failure.value = null
      isLoaded.value = true
      await follow()
    } catch (error) {
      failure.value = error
    }
  }

  function keep(found: Map<number, api.Unit>): void {
    byId.value = found
    roster.value = [...found.values()].sort(byName).map(({ id }) => id)
  }

  /** What moved since the last answer; a unit not yet known is one for the next full load. */
  async function follow(): Promise<void> {
    const answer = await api.fetchPositions(version)
    version = answer.version
    asOf.value = new Date(answer.as_of)
    if (answer.rows.length === 0) return
    const next = new Map(byId.value)
    for (const { unit_id, on_duty, lon, lat, at, accuracy_m, speed_mps } of answer.rows) {
      const unit = next.get(unit_id)
      if (unit) next.set(unit_id, { ...unit, on_duty, position: { lon, lat, at, accuracy_m, speed_mps, age_s: 0 } })
    }
    byId.value = next
    if (opened.value) opened.value = { ...opened.value, ...next.get(opened.value.id) }
  }

  function put(unit: api.Unit): void {
    keep(new Map(byId.value).set(unit.id, unit))
    if (opened.value?.id === unit.id) opened.value = unit
  }

  let wanted: number | null = null
  async function open(id: number): Promise<void> {
    if (wanted !== id) {
      opened.value = byId.value.get(id) ?? null
      track.value = null
    }
    wanted = id
    openFailure.value = null
    try {
      const unit = await api.fetchUnit(id)
      if (wanted === id) opened.value = unit
      put(unit)
    } catch (error) {
      if (wanted === id) openFailure.value = error
    }
  }

  async function loadTrack(id: number, from: Date, to: Date): Promise<void> {
    const found = await api.fetchTrack(id, from.toISOString(), to.toISOString())
    if (wanted === id) track.value = found
  }

  function leave(): void {
    wanted = null
    opened.value = null
    openFailure.value = null
    track.value = null
  }

  return { byId, roster, isLoaded, failure, asOf, opened, openFailure, track, load, follow, put, open, loadTrack, leave }
})

import type { LineString, Polygon } from 'geojson'
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { askWay } from '@/api/grids'
import type { LonLat } from '@/format/coordinates'
import { sharedBorder } from '@/grids/edit/outlines'
import { useGridDraft } from './gridDraft'
import { useToasts } from './toasts'

export const lineTools = ['split', 'road', 'boundary'] as const
export const tools = [...lineTools, 'merge', 'recode', 'new', 'retire'] as const
export type Tool = (typeof tools)[number]

/** How many grids must be picked before a tool can be taken up. */
export const wants: Record<Tool, { least: number; most: number }> = {
  split: { least: 1, most: 1 }, road: { least: 1, most: 1 }, boundary: { least: 2, most: 2 },
  merge: { least: 2, most: 200 }, recode: { least: 1, most: 1 }, new: { least: 0, most: 200 }, retire: { least: 1, most: 1 },
}

/** Which grids are picked, what is being done to them, and the line or ground not yet taken. */
export const useGridTools = defineStore('gridTools', () => {
  const draft = useGridDraft()
  const toasts = useToasts()
  const picks = ref<number[]>([])
  const tool = ref<Tool | null>(null)
  const line = ref<LineString | null>(null)
  const ground = ref<Polygon | null>(null)
  const isAsking = ref(false)

  const pickedGrids = computed(() => picks.value.flatMap((id) => draft.current.find((grid) => grid.id === id) ?? []))
  const border = computed(() => {
    const [first, second] = pickedGrids.value
    return tool.value === 'boundary' && first && second ? sharedBorder(first.geometry, second.geometry) : null
  })
  const fits = (name: Tool) => picks.value.length >= wants[name].least && picks.value.length <= wants[name].most

  function drop(): void {
    tool.value = null
    line.value = null
    ground.value = null
  }

  function start(name: Tool): boolean {
    if (!fits(name)) return false
    const isSame = tool.value === name
    drop()
    if (isSame) return true
    tool.value = name
    if (name === 'merge') merge()
    return true
  }

  function toggle(id: number): void {
    picks.value = picks.value.includes(id) ? picks.value.filter((each) => each !== id) : [...picks.value, id]
  }

  function done(): void {
    drop()
    picks.value = []
  }

  function merge(): void {
    draft.add({ op: 'merge', grid_ids: picks.value })
    done()
  }

  /** A line was drawn, found along a road or dragged; `take` makes it an operation. */
  function offer(found: LineString): void {
    line.value = found
    if (tool.value === 'split') take()
  }

  function take(): boolean {
    const [first, second] = picks.value
    if (!line.value || first === undefined) return false
    if (tool.value === 'boundary' && second !== undefined) draft.add({ op: 'move_boundary', grid_ids: [first, second], line: line.value })
    else if (tool.value === 'split' || tool.value === 'road') draft.add({ op: 'split', grid_id: first, line: line.value })
    else return false
    done()
    return true
  }

  async function pointRoad(at: LonLat, within_m: number): Promise<void> {
    const [grid] = pickedGrids.value
    if (!grid || isAsking.value) return
    isAsking.value = true
    try {
      const way = await askWay(grid.geometry, at, within_m)
      if (tool.value === 'road') line.value = way.line
    } catch (error) {
      toasts.fault(error)
    }
    isAsking.value = false
  }

  // A grid that ended with the last operation can be picked no more.
  watch(
    () => draft.current,
    (now) => {
      const there = new Set(now.map(({ id }) => id))
      if (picks.value.some((id) => !there.has(id))) done()
    },
  )

  return { picks, tool, line, ground, isAsking, pickedGrids, border, fits, start, toggle, drop, done, offer, take, pointRoad }
})

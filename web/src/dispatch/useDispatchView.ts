import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { byGrids, type ByGrids } from '@/api/whose'
import type { LonLat } from '@/format/coordinates'
import { spanNames, type SpanName } from '@/patrol/spans'

export const dispatchTabs = ['tasks', 'alerts', 'units', 'grids', 'rules'] as const
export type DispatchTab = (typeof dispatchTabs)[number]
export const fills = ['state', 'visited', 'eyeson'] as const
/** What the grids are filled by. */
export type Fill = (typeof fills)[number]
export const dispatchDrawers = ['charts', 'replay'] as const
export type DispatchDrawer = (typeof dispatchDrawers)[number]

const objects = ['tasks', 'alerts', 'units', 'grids', 'checkpoints'] as const
export type ObjectKind = (typeof objects)[number]

/** A task in the making: for an incident or an alert, or at a place. */
export interface NewTask {
  kind: 'new'
  incident: number | null
  alert: number | null
  unit: number | null
  grid: number | null
  at: LonLat | null
}
export type DispatchSelection = { kind: 'none' } | { kind: ObjectKind; id: number } | NewTask

const tabOfKind: Record<string, DispatchTab> = { tasks: 'tasks', new: 'tasks', alerts: 'alerts', units: 'units', grids: 'grids', checkpoints: 'rules' }

const oneOf = <T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T => (allowed.includes(value as T) ? (value as T) : otherwise)

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : NaN
  return Number.isFinite(number) ? number : null
}

export interface DispatchState {
  tab: DispatchTab
  fill: Fill
  span: SpanName
  grids: ByGrids
  drawer: DispatchDrawer | null
}

/** What the dispatcher looks at. All of it lives in the address, so it survives reload and can be sent to a colleague. */
export function useDispatchView() {
  const route = useRoute()
  const router = useRouter()

  const selection = computed<DispatchSelection>((previous) => {
    if (route.name !== 'dispatch') return previous ?? { kind: 'none' }
    const { kind, id } = route.params
    if (kind === 'new') {
      const { incident, alert, unit, grid, lon, lat } = route.query
      const [x, y] = [numberOf(lon), numberOf(lat)]
      return { kind, incident: numberOf(incident), alert: numberOf(alert), unit: numberOf(unit), grid: numberOf(grid), at: x === null || y === null ? null : { lon: x, lat: y } }
    }
    const number = numberOf(id)
    const known = objects.find((name) => name === kind)
    return known && number !== null ? { kind: known, id: number } : { kind: 'none' }
  })

  const state = computed<DispatchState>((previous) => {
    if (route.name !== 'dispatch' && previous) return previous
    const { tab, fill, span, grids, drawer } = route.query
    return {
      tab: oneOf(tab, dispatchTabs, tabOfKind[selection.value.kind] ?? 'tasks'),
      fill: oneOf(fill, fills, 'state'),
      span: oneOf(span, spanNames, 'today'),
      grids: oneOf(grids, byGrids, 'today'),
      drawer: dispatchDrawers.find((name) => name === drawer) ?? null,
    }
  })

  const ofTask = { incident: undefined, alert: undefined, unit: undefined, grid: undefined, lon: undefined, lat: undefined }
  // The map keeps its own view in the hash, behind the router's back.
  const stay = (query: Record<string, unknown>) => ({ query: { ...route.query, ...query } as Record<string, string>, hash: location.hash })
  const set = (change: Partial<Record<keyof DispatchState, string | null>>) =>
    router.replace({ params: route.params, ...stay(Object.fromEntries(Object.entries(change).map(([name, value]) => [name, value ?? undefined]))) })
  const select = (kind: ObjectKind, id: number, tab: DispatchTab = state.value.tab) =>
    router.push({ name: 'dispatch', params: { kind, id: String(id) }, ...stay({ ...ofTask, tab }) })
  const begin = (wish: { incident?: number; alert?: number; unit?: number; grid?: number; at?: LonLat | null } = {}) =>
    router.push({
      name: 'dispatch', params: { kind: 'new' },
      ...stay({ ...ofTask, incident: wish.incident, alert: wish.alert, unit: wish.unit, grid: wish.grid, lon: wish.at?.lon.toFixed(6), lat: wish.at?.lat.toFixed(6) }),
    })
  /** The place of a task in the making moves without another step back. */
  const moveTask = (at: LonLat) => router.replace({ params: route.params, ...stay({ lon: at.lon.toFixed(6), lat: at.lat.toFixed(6) }) })

  return {
    selection,
    state,
    set,
    select,
    begin,
    moveTask,
    openTab: (tab: DispatchTab) => router.replace({ params: route.params, ...stay({ tab }) }),
    clear: () => router.push({ name: 'dispatch', params: {}, ...stay({ ...ofTask, tab: state.value.tab }) }),
  }
}

import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { BandCode, Measure, RateCode, Reading, Scale } from '@/api/planning'
import { counterpart, densityOf, scaleOf } from './bands'

export const planTabs = ['coverage', 'gaps', 'whatif', 'siting', 'rates', 'reports'] as const
export type PlanTab = (typeof planTabs)[number]
export const tableSubjects = ['grid', 'township', 'village', 'place'] as const
/** What the table lists: townships and villages are the divisions of one level. */
export type TableSubject = (typeof tableSubjects)[number]
export const drawers = ['charts', 'rows', 'compare'] as const
export type Drawer = (typeof drawers)[number]

export type SubjectPath = 'grids' | 'divisions' | 'places'
export type PlanSelection =
  | { kind: 'none' }
  | { kind: SubjectPath | 'cameras' | 'scenarios' | 'sitings'; id: number }
  | { kind: 'rates'; code: RateCode }

const numbered = ['grids', 'divisions', 'places', 'cameras', 'scenarios', 'sitings'] as const
const rateCodes: readonly RateCode[] = ['covered', 'networked', 'working', 'secured']
const tabOfKind: Record<string, PlanTab> = { scenarios: 'whatif', sitings: 'siting', rates: 'rates' }

const oneOf = <T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T =>
  allowed.includes(value as T) ? (value as T) : otherwise

interface PlanState {
  tab: PlanTab
  reading: Reading
  band: BandCode
  measure: Measure
  subject: TableSubject
  drawer: Drawer | null
}

function selectionOf(kind: unknown, id: unknown): PlanSelection {
  if (kind === 'rates' && rateCodes.includes(id as RateCode)) return { kind, code: id as RateCode }
  const number = Number(id)
  const known = numbered.find((name) => name === kind)
  return known && typeof id === 'string' && Number.isInteger(number) ? { kind: known, id: number } : { kind: 'none' }
}

/** What the planner looks at. All of it lives in the address, so it survives reload and can be sent to a colleague. */
export function usePlanView() {
  const route = useRoute()
  const router = useRouter()

  const selection = computed<PlanSelection>((previous) =>
    route.name === 'plan' ? selectionOf(route.params.kind, route.params.id) : (previous ?? { kind: 'none' }))

  const state = computed<PlanState>((previous) => {
    if (route.name !== 'plan' && previous) return previous
    const { tab, reading, band, measure, subject, drawer } = route.query
    return {
      tab: oneOf(tab, planTabs, tabOfKind[selection.value.kind] ?? 'coverage'),
      reading: oneOf(reading, ['installed', 'now'], 'installed'),
      band: oneOf(band, Object.keys(densityOf) as BandCode[], 'outline'),
      measure: oneOf(measure, ['area', 'road', 'outline'], 'area'),
      subject: oneOf(subject, tableSubjects, 'grid'),
      drawer: drawers.find((name) => name === drawer) ?? null,
    }
  })
  const scale = computed<Scale>(() => scaleOf(state.value.band))

  // The map keeps its own view in the hash, behind the router's back.
  const stay = (query: Record<string, unknown>) => ({ query: { ...route.query, ...query } as Record<string, string>, hash: location.hash })
  const set = (change: Partial<Record<keyof PlanState, string | null>>) =>
    router.replace({ params: route.params, ...stay(Object.fromEntries(Object.entries(change).map(([name, value]) => [name, value ?? undefined]))) })
  const select = (kind: string, id: number | string, more: Record<string, string> = {}) =>
    router.push({ name: 'plan', params: { kind, id: String(id) }, ...stay(more) })

  return {
    selection,
    state,
    scale,
    set,
    select,
    openTab: (tab: PlanTab) => router.push({ name: 'plan', params: {}, ...stay({ tab, drawer: undefined }) }),
    setScale: (wanted: Scale) => set({ band: counterpart(state.value.band, wanted) }),
    clear: () => router.push({ name: 'plan', params: {}, ...stay({ tab: state.value.tab }) }),
  }
}

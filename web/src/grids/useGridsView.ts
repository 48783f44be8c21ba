import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export const gridTabs = ['edit', 'changes', 'load', 'staff', 'tiling'] as const
export type GridTab = (typeof gridTabs)[number]

const isDay = (text: unknown): text is string => typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text)

/** What is looked at in the workspace of grids; all of it in the address, so that it survives reload. */
export function useGridsView() {
  const route = useRoute()
  const router = useRouter()
  const isHere = () => route.name === 'grids'

  const tab = computed<GridTab>((before) => {
    if (!isHere()) return before ?? 'edit'
    if (route.params.kind === 'changes') return 'changes'
    return gridTabs.find((name) => name === route.query.tab) ?? 'edit'
  })
  const number = (kind: string, before: number | null | undefined) => {
    if (!isHere()) return before ?? null
    return route.params.kind === kind && route.params.id ? Number(route.params.id) : null
  }
  const gridId = computed<number | null>((before) => number('grids', before))
  const changeId = computed<number | null>((before) => number('changes', before))
  const setName = computed<string | null>((before) => (isHere() ? (typeof route.query.set === 'string' ? route.query.set : null) : (before ?? null)))
  const at = computed<string | null>((before) => (isHere() ? (isDay(route.query.at) ? route.query.at : null) : (before ?? null)))

  // The map keeps its own view in the hash, behind the router's back.
  const stay = (query: Record<string, string | null | undefined>) => {
    const merged = { ...route.query, ...query }
    const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined))
    return { query: kept as Record<string, string>, hash: location.hash }
  }
  const go = (kind: string | undefined, id: number | null, query: Record<string, string | null | undefined> = {}) =>
    router.push({ name: 'grids', params: kind && id !== null ? { kind, id: String(id) } : {}, ...stay(query) })

  return {
    tab,
    gridId,
    changeId,
    setName,
    at,
    openTab: (name: GridTab) => go(undefined, null, { tab: name }),
    openGrid: (id: number) => go('grids', id, { tab: tab.value }),
    openChange: (id: number) => go('changes', id, { tab: 'changes' }),
    clear: () => go(undefined, null, { tab: tab.value }),
    chooseSet: (name: string) => router.replace({ name: 'grids', params: {}, ...stay({ set: name }) }),
    chooseDay: (day: string | null) => router.replace({ name: 'grids', params: route.params, ...stay({ at: day }) }),
  }
}

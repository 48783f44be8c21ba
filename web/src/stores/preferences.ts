import { defineStore } from 'pinia'
import { reactive, ref, watch } from 'vue'

export type Theme = 'dark' | 'light'
export type Language = 'zh' | 'en'

export const layerNames = ['divisions', 'grids', 'places', 'buildings', 'cameras', 'viewsheds', 'incidents'] as const
export type LayerName = (typeof layerNames)[number]

export const planLayerNames = ['fill', 'bands', 'none', 'one', 'restricted', 'cameras', 'viewsheds', 'places', 'buildings', 'divisions'] as const
export type PlanLayerName = (typeof planLayerNames)[number]

export const dispatchLayerNames = ['fill', 'units', 'tracks', 'tasks', 'checkpoints', 'heat', 'cameras', 'places', 'incidents', 'buildings', 'divisions'] as const
export type DispatchLayerName = (typeof dispatchLayerNames)[number]

export const gridLayerNames = ['fill', 'places', 'buildings', 'divisions'] as const
export type GridLayerName = (typeof gridLayerNames)[number]

interface Kept {
  theme: Theme
  language: Language
  listWidth_px: number
  sheetWidth_px: number
  wallHeight_px: number
  layers: Record<LayerName, boolean>
  planWidth_px: number
  planDrawer_px: number
  planLegendOpen: boolean
  planLayers: Record<PlanLayerName, boolean>
  dispatchWidth_px: number
  dispatchDrawer_px: number
  dispatchLegendOpen: boolean
  dispatchLayers: Record<DispatchLayerName, boolean>
  gridsWidth_px: number
  gridsLegendOpen: boolean
  gridLayers: Record<GridLayerName, boolean>
  soundOn: boolean
  alarmSoundOn: boolean
}

const key = 'gridlink.preferences'

const defaults = (): Kept => ({
  theme: 'dark',
  language: 'zh',
  listWidth_px: 300,
  sheetWidth_px: 392,
  wallHeight_px: 300,
  layers: { divisions: true, grids: true, places: true, buildings: true, cameras: true, viewsheds: true, incidents: true },
  planWidth_px: 460,
  planDrawer_px: 280,
  planLegendOpen: true,
  planLayers: { fill: true, bands: true, none: false, one: false, restricted: true, cameras: true, viewsheds: false, places: true, buildings: true, divisions: true },
  dispatchWidth_px: 400,
  dispatchDrawer_px: 260,
  dispatchLegendOpen: true,
  dispatchLayers: {
    fill: true, units: true, tracks: true, tasks: true, checkpoints: true, heat: false, cameras: false, places: true, incidents: true, buildings: true, divisions: true,
  },
  gridsWidth_px: 460,
  gridsLegendOpen: true,
  gridLayers: { fill: true, places: true, buildings: true, divisions: true },
  soundOn: true,
  alarmSoundOn: false,
})

function stored(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Kept>
    const base = defaults()
    return { ...base, ...kept, layers: { ...base.layers, ...kept.layers }, planLayers: { ...base.planLayers, ...kept.planLayers }, dispatchLayers: { ...base.dispatchLayers, ...kept.dispatchLayers }, gridLayers: { ...base.gridLayers, ...kept.gridLayers } }
  } catch {
    return defaults()
  }
}

/** What this operator's browser remembers: theme, language, panel sizes, map layers. */
export const usePreferences = defineStore('preferences', () => {
  const kept = reactive(stored())
  const legendOpen = ref(false)

  watch(kept, (now) => localStorage.setItem(key, JSON.stringify(now)), { deep: true })
  watch(
    () => kept.theme,
    (theme) => {
      document.documentElement.dataset.theme = theme
      document.documentElement.classList.toggle('dark', theme === 'dark')
    },
    { immediate: true },
  )

  const toggleTheme = () => (kept.theme = kept.theme === 'dark' ? 'light' : 'dark')

  const switchLayer = (name: LayerName) => (kept.layers[name] = !kept.layers[name])
  const switchPlanLayer = (name: PlanLayerName) => (kept.planLayers[name] = !kept.planLayers[name])

  const switchDispatchLayer = (name: DispatchLayerName) => (kept.dispatchLayers[name] = !kept.dispatchLayers[name])

  const switchGridLayer = (name: GridLayerName) => (kept.gridLayers[name] = !kept.gridLayers[name])

  return { kept, legendOpen, toggleTheme, switchLayer, switchPlanLayer, switchDispatchLayer, switchGridLayer }
})
